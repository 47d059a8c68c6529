-- What has been removed can't come back: such visits get a dash in place of name and host.
drop index visits_term;
alter table visits drop constraint visits_person;
update visits set name = '—', host = '—', phone = '', phone_index = '', pass_code = '000000', pass_token = '', pass_index = int8send(id)
  where expired_at is not null;
alter table visits
  add constraint visits_check2 check (host <> '' or place <> ''),
  alter column name set not null,
  alter column phone set not null,
  alter column phone_index set not null,
  alter column pass_code set not null,
  alter column pass_token set not null,
  alter column pass_index set not null,
  drop column expired_at;
