-- The one-time link of the first start: only the latest one counts, and only its hash is kept.
create table first_links (
  id         smallint    primary key default 1 check (id = 1),
  token_hash bytea       not null,
  expires_at timestamptz not null,
  used_at    timestamptz
);

-- Whose password was given to them and has to be changed before anything else.
create table temporary_passwords (
  staff_id bigint      primary key references staff on delete cascade,
  given_at timestamptz not null default now()
);
