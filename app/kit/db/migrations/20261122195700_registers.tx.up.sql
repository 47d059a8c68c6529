-- What is reviewed, as one truth for the pages of reviews and for their report (REVIEW-1): tickets by when they came in,
-- orders by when they went out.
create view review_records as
  select t.site_id, case when t.channel = 'patrol' then 'patrol' when t.kind = 'complaint' then 'complaint' else 'reception' end as section,
    t.id as subject_id, t.id as ticket_id, t.number, t.kind, t.state, t.place, t.matter, t.owner_id, t.registered_at as at, t.overdue_at is not null as late
  from tickets t
  union all
  select o.site_id, 'dispatch', o.id, o.ticket_id, o.number, t.kind, o.state, t.place, case when o.instruction = '' then t.matter else o.instruction end,
    o.assignee_id, o.sent_at, o.overdue_at is not null
  from orders o left join tickets t on t.id = o.ticket_id; -- there is always one; a reader that asks nothing of it is spared it

-- The registers (TICKET-9) page by the time of registration: of complaints and help, and of who works on a matter.
create index tickets_matters on tickets (site_id, registered_at, id) where kind in ('complaint', 'help');
create index tickets_worker on tickets (site_id, coalesce(handler_id, owner_id), registered_at, id);
