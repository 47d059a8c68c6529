-- The order of work by the nearer limit (TICKET-3): of a request for help whose customer waits for an answer, the answer's
-- limit counts where it comes before the result's (HELP-2). The index of before stays for the release before.
create index tickets_work on tickets (site_id, lane, work_rank,
  (case when kind = 'help' and solution_at is null and lane in ('registered', 'in_hand', 'waiting') then least(due_at, solution_due) else due_at end), id)
  where lane is not null;
