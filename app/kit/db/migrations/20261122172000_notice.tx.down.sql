drop table outbox;
drop table notices;
drop table tasks;
drop table duties;
