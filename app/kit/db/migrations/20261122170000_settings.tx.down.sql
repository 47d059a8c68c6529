-- What has been removed can't come back: a dash stands in its place.
drop index tickets_term;
alter table tickets drop constraint tickets_person;
update tickets set place = '—', matter = '—' where expired_at is not null;
alter table tickets
  add constraint tickets_place_check check (char_length(place) between 1 and 60),
  add constraint tickets_matter_check check (char_length(matter) between 1 and 500),
  drop column expired_at;

update visits set phone = '', phone_index = '' where phone is null and expired_at is null;
alter table visits
  drop constraint visits_person,
  add constraint visits_person check (case when expired_at is null
    then num_nulls(name, phone, phone_index, pass_code, pass_token, pass_index) = 0 and (host <> '' or place <> '')
    else ended_at is not null and host = '' and place = '' and note = '' and company = '' and entry_hash = ''
      and num_nonnulls(name, phone, phone_index, plate, plate_index, household_id, pass_code, pass_token, pass_index) = 0 end);

drop trigger sites_version on sites;
drop function count_site_version();
alter table sites drop column version;
