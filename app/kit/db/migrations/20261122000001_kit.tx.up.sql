-- The kit's tables: live screens, audit, keys, numbers for people.

-- Live screens: one numbered stream per topic. The head is bumped inside the writing transaction, so numbers are
-- dense and in commit order.
create table topics (
  name  text   primary key,
  epoch bigint not null default 1,
  head  bigint not null default 0 check (head >= 0)
);
insert into topics (name) values ('control');

create table events (
  topic text        not null references topics (name) on delete cascade,
  seq   bigint      not null,
  kind  text        not null,
  ref   bigint      not null default 0,
  body  jsonb       not null default '{}',
  at    timestamptz not null default clock_timestamp(),
  primary key (topic, seq)
);
create index events_at on events (at);

-- Who did what, with ids and names of fields, never personal values (PRIVACY-4).
create table audit_log (
  id         bigint generated always as identity primary key,
  xid        xid8        not null default pg_current_xact_id(),
  at         timestamptz not null default clock_timestamp(),
  site_id    bigint,
  actor_kind text        not null,
  actor_id   bigint      not null default 0,
  actor_name text        not null default '',
  verb       text        not null,
  subject    text        not null default '',
  subject_id bigint      not null default 0,
  fields     text[]      not null default '{}',
  reason     text        not null default ''
);
create index audit_log_subject on audit_log (subject, subject_id);
create index audit_log_xid on audit_log (xid, id);

-- The seal: each audit row's place in an HMAC chain, whose key is not in the database. The horizon is the next
-- transaction id at the time of sealing; it shows rows that were put among older ones later.
create table audit_chain (
  seq      bigint      primary key check (seq > 0),
  audit_id bigint      not null unique references audit_log (id),
  mac      bytea       not null,
  at       timestamptz not null,
  horizon  xid8        not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log can only be added to' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_log_append_only before update or delete on audit_log for each row execute function refuse_change();
create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function refuse_change();
create trigger audit_chain_append_only before update or delete on audit_chain for each row execute function refuse_change();
create trigger audit_chain_no_truncate before truncate on audit_chain for each statement execute function refuse_change();

-- The key ring: data keys wrapped by LOBBY_KEY, and a canary that tells a wrong LOBBY_KEY at start.
create table key_rings (
  id         smallint    primary key check (id = 1),
  wrapped    bytea       not null,
  canary     bytea       not null,
  updated_at timestamptz not null default now()
);

-- Numbers for people, taken in a statement of their own; gaps are allowed.
create table counters (
  site_id bigint not null,
  series  text   not null,
  day     date   not null,
  last    bigint not null check (last > 0),
  primary key (site_id, series, day)
);
