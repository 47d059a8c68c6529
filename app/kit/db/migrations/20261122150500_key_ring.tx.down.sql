drop trigger tickets_retired_key on tickets;
drop trigger visits_retired_key on visits;
drop function refuse_retired_key;
alter table key_rings drop column retired;
