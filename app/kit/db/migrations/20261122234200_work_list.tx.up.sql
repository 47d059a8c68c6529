-- The work list of all lanes comes in the order of work without sorting what is open.
create index tickets_work_list on tickets (site_id, work_rank,
  (case when kind = 'help' and solution_at is null and lane in ('registered', 'in_hand', 'waiting') then least(due_at, solution_due) else due_at end), id)
  where lane is not null;
