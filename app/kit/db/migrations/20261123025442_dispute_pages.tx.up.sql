-- The list of disputes that run comes by pages, the oldest first: those in which one mediates, and the others.
create index disputes_running on disputes (site_id, opened_at, id) where ended_at is null;
create index disputes_mediator on disputes (site_id, mediator_id, opened_at, id) where ended_at is null;
