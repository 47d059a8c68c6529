//go:build race

package limit_test

// shards of a hundred cases: the race detector, which has nothing to find in a pure engine, makes each ten times slower.
const shards = 25
