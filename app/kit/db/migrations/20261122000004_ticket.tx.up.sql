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
  overdue_at     timestamptz, -- the limit that passed, noted once per clock (SLA-4)
  reopened       int         not null default 0 check (reopened >= 0),
  version        bigint      not null default 1,
  -- Order of work up to the limit (TICKET-3); the nearer limit decides among equals.
  work_rank      int         not null generated always as (
    case when life_safety then 0 else 100 end
    + case urgency when 'A' then 0 when 'B' then 10 else 20 end
    + case type when 'A1' then 0 when 'C2' then 0 when 'A2' then 1 when 'B1' then 2 when 'B2' then 3 else 4 end) stored,
  -- The column of the wall in which a ticket stands; none once it is over.
  lane           text        generated always as (
    case state when 'registered' then 'registered' when 'classified' then 'registered'
      when 'in_hand' then 'in_hand' when 'waiting' then 'waiting'
      when 'resolved' then 'resolved' when 'verified' then 'resolved' when 'called_back' then 'resolved' end) stored,
  unique (site_id, entry_key),
  unique (site_id, number),
  unique (site_id, id),
  foreign key (site_id, household_id) references households (site_id, id)
);
create index tickets_open on tickets (site_id, lane, work_rank, due_at, id) where lane is not null;
create index tickets_due on tickets (due_at) where overdue_at is null and state in ('registered', 'classified', 'in_hand', 'waiting');
create index tickets_registered on tickets (site_id, registered_at desc);
create index tickets_resolved on tickets (site_id, resolved_at) where resolved_at is not null;
create index tickets_phone on tickets (site_id, phone_index) where phone_index is not null;
create index tickets_household on tickets (household_id) where household_id is not null;
create index tickets_place on tickets (site_id, place text_pattern_ops);
create index tickets_owner on tickets (site_id, owner_id) where lane is not null;

-- First asked, first responsible: that field never changes (ORG-3).
create function refuse_first_asked() returns trigger language plpgsql as $$
begin
  raise exception 'who was asked first never changes' using errcode = 'check_violation', constraint = 'tickets_first_asked';
end $$;
create trigger tickets_first_asked before update of first_asked_id on tickets for each row
  when (old.first_asked_id is distinct from new.first_asked_id) execute function refuse_first_asked();

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
  detail     jsonb       not null default '{}', -- what was set: limits, old and new urgency or type; no personal data
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade
);
create index ticket_steps_ticket on ticket_steps (ticket_id, id);
