drop table dispute_talks;
drop table dispute_parties;
drop table disputes;
