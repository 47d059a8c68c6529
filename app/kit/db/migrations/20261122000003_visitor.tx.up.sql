-- Visits (VISIT-1): one row per arrival. Phones and plates are encrypted, and found by a keyed hash.
create table visits (
  id           bigint generated always as identity primary key,
  site_id      bigint      not null references sites on delete cascade,
  entry_key    uuid        not null,
  entry_hash   bytea       not null,
  number       text        not null,
  name         text        not null check (char_length(name) between 1 and 60),
  phone        bytea       not null,
  phone_index  bytea       not null,
  host         text        not null default '' check (char_length(host) <= 60),
  place        text        not null default '' check (char_length(place) <= 60),
  household_id bigint,
  purpose      text        not null,
  note         text        not null default '' check (char_length(note) <= 200),
  company      text        not null default '' check (char_length(company) <= 60),
  people       int         not null default 1 check (people between 1 and 99),
  plate        bytea,
  plate_index  bytea,
  channel      text        not null check (channel in ('kiosk', 'counter')),
  device_id    bigint      references devices,
  staff_id     bigint      references staff,
  pass_code    text        not null check (pass_code ~ '^[0-9]{6}$'),
  pass_token   bytea       not null,
  pass_index   bytea       not null unique,
  arrived_at   timestamptz not null,
  ended_at     timestamptz,
  ended_by     text        check (ended_by in ('code', 'pass', 'desk', 'day_end')),
  ended_staff  bigint      references staff,
  version      bigint      not null default 1,
  unique (site_id, entry_key),
  unique (site_id, number),
  check ((ended_at is null) = (ended_by is null)),
  check (ended_at >= arrived_at),
  check (host <> '' or place <> ''),
  foreign key (site_id, household_id) references households (site_id, id)
);
-- A pass code is unique among the open visits of a site (VISIT-4).
create unique index visits_open_code on visits (site_id, pass_code) where ended_at is null;
create index visits_open on visits (site_id, arrived_at) where ended_at is null;
create index visits_arrived on visits (site_id, arrived_at desc);
create index visits_phone on visits (site_id, phone_index);
create index visits_plate on visits (site_id, plate_index) where plate_index is not null;
create index visits_household on visits (household_id) where household_id is not null;

-- Tries of pass codes at a device, so that a code can't be guessed.
create table pass_tries (
  device_key   text        primary key,
  failures     int         not null check (failures > 0),
  last_at      timestamptz not null,
  locked_until timestamptz not null
);
