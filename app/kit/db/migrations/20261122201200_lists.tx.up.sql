-- expand: only indexes. Lists of what is over go from the newest back, whichever filter they have; what a filter seldom
-- finds is found without looking through a million others.
create index tickets_ended on tickets (site_id, state, registered_at desc, id desc) where state in ('invalid', 'unsolvable');
create index tickets_owned on tickets (site_id, owner_id, registered_at desc, id desc) where owner_id is not null;
create index tickets_handled on tickets (site_id, handler_id, registered_at desc, id desc) where handler_id is not null;
create index tickets_asked on tickets (site_id, first_asked_id, registered_at desc, id desc) where first_asked_id is not null;
create index tickets_late on tickets (site_id, registered_at desc, id desc) where overdue_at is not null;
