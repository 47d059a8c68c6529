-- The term of a visit's personal data (PRIVACY-5): past it everything about the person is emptied, and what the figures
-- need stays: times, purpose, people, channel, how it ended.
alter table visits
  add column expired_at timestamptz,
  alter column name drop not null,
  alter column phone drop not null,
  alter column phone_index drop not null,
  alter column pass_code drop not null,
  alter column pass_token drop not null,
  alter column pass_index drop not null,
  drop constraint visits_check2, -- whom or where, below
  add constraint visits_person check (case when expired_at is null
    then num_nulls(name, phone, phone_index, pass_code, pass_token, pass_index) = 0 and (host <> '' or place <> '')
    else ended_at is not null and host = '' and place = '' and note = '' and company = '' and entry_hash = ''
      and num_nonnulls(name, phone, phone_index, plate, plate_index, household_id, pass_code, pass_token, pass_index) = 0 end);
create index visits_term on visits (site_id, ended_at) where expired_at is null and ended_at is not null;
