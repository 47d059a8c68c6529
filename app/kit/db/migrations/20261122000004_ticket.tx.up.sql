-- Tickets (报事) and their history. The states are the whole flow of TICKET-4, so that later verbs need no new schema.
create table tickets (
  id             bigint generated always as identity primary key,
  site_id        bigint      not null references sites on delete cascade,
  entry_key      uuid        not null,
  entry_hash     bytea       not null,
  number         text        not null,
  channel        text        not null check (channel in ('kiosk', 'counter', 'phone', 'web', 'mail', 'suggestion_box', 'patrol', 'staff')),
  kind           text        not null check (kind in ('repair', 'complaint', 'inquiry', 'help', 'suggestion', 'activity', 'other')),
  urgency        text        not null default 'B' check (urgency in ('A', 'B', 'C')),
  type           text        not null default 'B2' check (type in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')),
  life_safety    boolean     not null default false check (not life_safety or urgency = 'A'),
  state          text        not null default 'registered' check (state in ('registered', 'classified', 'in_hand', 'waiting', 'resolved', 'verified', 'called_back', 'closed', 'invalid', 'unsolvable')),
  place          text        not null check (char_length(place) between 1 and 60),
  household_id   bigint,
  matter         text        not null check (char_length(matter) between 1 and 500),
  reporter       text        not null default '' check (char_length(reporter) <= 60),
  phone          bytea,
  phone_index    bytea,
  first_asked_id bigint      references staff,
  owner_id       bigint      references staff,
  device_id      bigint      references devices,
  registered_at  timestamptz not null,
  due_at         timestamptz not null,
  resolved_at    timestamptz,
  closed_at      timestamptz,
  reopened       int         not null default 0,
  version        bigint      not null default 1,
  unique (site_id, entry_key),
  unique (site_id, number),
  unique (site_id, id),
  foreign key (site_id, household_id) references households (site_id, id)
);
create index tickets_open on tickets (site_id, state, due_at) where state not in ('closed', 'invalid', 'unsolvable');
create index tickets_registered on tickets (site_id, registered_at desc);
create index tickets_phone on tickets (site_id, phone_index) where phone_index is not null;
create index tickets_household on tickets (household_id) where household_id is not null;

-- Every step has who, when, and a remark (TICKET-4).
create table ticket_steps (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null,
  ticket_id  bigint      not null,
  verb       text        not null,
  from_state text        not null default '',
  to_state   text        not null,
  at         timestamptz not null,
  noted_at   timestamptz not null default now(),
  actor_kind text        not null,
  actor_id   bigint      not null default 0,
  actor_name text        not null default '',
  remark     text        not null default '' check (char_length(remark) <= 500),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade
);
create index ticket_steps_ticket on ticket_steps (ticket_id, id);
