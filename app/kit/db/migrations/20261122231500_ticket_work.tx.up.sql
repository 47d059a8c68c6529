-- The work list of all lanes comes in the order of work without sorting what is open.
create index tickets_work on tickets (site_id, work_rank, due_at, id) where lane is not null;
