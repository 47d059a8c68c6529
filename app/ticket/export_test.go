package ticket

// DueBatch is how many tickets one transaction of the watch takes, for tests.
const DueBatch = dueBatch
