-- expand: the new checks allow what programs of before write; the version counts by itself whoever writes a site.

-- How often the row of a site has changed: screens that were made from another version load anew.
alter table sites add column version bigint not null default 1;
create function count_site_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
create trigger sites_version before update on sites for each row
  when (old.* is distinct from new.*) execute function count_site_version();

-- A site may do without a visitor's phone; then there is nothing to find it by either (VISIT-1).
alter table visits
  drop constraint visits_person,
  add constraint visits_person check (case when expired_at is null
    then num_nulls(name, pass_code, pass_token, pass_index) = 0 and num_nulls(phone, phone_index) in (0, 2) and (host <> '' or place <> '')
    else ended_at is not null and host = '' and place = '' and note = '' and company = '' and entry_hash = ''
      and num_nonnulls(name, phone, phone_index, plate, plate_index, household_id, pass_code, pass_token, pass_index) = 0 end);

-- The term of a ticket's personal data (PRIVACY-5): past it what people said and who they are is emptied. What the
-- figures need stays: kind, scales, states, times, channel, who handled it, and the household, for its zone.
alter table tickets
  add column expired_at timestamptz,
  drop constraint tickets_place_check,
  drop constraint tickets_matter_check,
  add constraint tickets_person check (case when expired_at is null
    then char_length(place) between 1 and 60 and char_length(matter) between 1 and 500
    else state in ('closed', 'invalid', 'unsolvable') and place = '' and matter = '' and reporter = '' and entry_hash = ''
      and num_nonnulls(phone, phone_index) = 0 end);
create index tickets_term on tickets (site_id, closed_at) where expired_at is null and lane is null;
