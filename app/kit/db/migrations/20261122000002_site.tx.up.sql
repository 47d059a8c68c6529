-- Sites, their places and zones; staff, roles, sessions and devices.

create table sites (
  id         bigint generated always as identity primary key,
  code       text        not null unique check (code ~ '^[a-z0-9-]{1,32}$'),
  name       text        not null check (char_length(name) between 1 and 80),
  time_zone  text        not null default 'Asia/Shanghai',
  languages  text[]      not null default '{zh-CN,zh-TW,en}' check (cardinality(languages) > 0),
  accent     text        not null default '#0b6e5f' check (accent ~ '^#[0-9a-f]{6}$'),
  demo       boolean     not null default false,
  settings   jsonb       not null default '{}',
  created_at timestamptz not null default now()
);

create table staff (
  id            bigint generated always as identity primary key,
  login         text        not null unique check (login = lower(login) and login ~ '^[a-z0-9._-]{2,40}$'),
  name          text        not null check (char_length(name) between 1 and 60),
  password_hash text        not null,
  language      text        not null default 'zh-CN',
  demo          boolean     not null default false,
  disabled_at   timestamptz,
  created_at    timestamptz not null default now()
);

create table staff_roles (
  staff_id bigint not null references staff on delete cascade,
  site_id  bigint not null references sites on delete cascade,
  role     text   not null,
  primary key (staff_id, site_id, role)
);

create table sessions (
  id         bigint generated always as identity primary key,
  token_hash bytea       not null unique,
  staff_id   bigint      not null references staff on delete cascade,
  site_id    bigint      references sites on delete set null,
  created_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions_staff on sessions (staff_id) where revoked_at is null;
create index sessions_expires on sessions (expires_at);

-- Failed sign-ins by account and by address (both hashed); the wait grows with the count.
create table sign_in_failures (
  key          bytea       primary key,
  failures     int         not null check (failures > 0),
  last_at      timestamptz not null,
  locked_until timestamptz not null
);

create table devices (
  id              bigint generated always as identity primary key,
  site_id         bigint      not null references sites on delete cascade,
  kind            text        not null check (kind in ('kiosk', 'display', 'wall')),
  name            text        not null check (char_length(name) between 1 and 60),
  language        text        not null default 'zh-CN',
  token_hash      bytea       unique,
  code_selector   text        unique, -- first digits of an open code: which device a try is for
  code_hash       bytea       unique,
  code_expires_at timestamptz,
  code_tries      int         not null default 0 check (code_tries >= 0),
  created_at      timestamptz not null default now(),
  paired_at       timestamptz,
  seen_at         timestamptz,
  revoked_at      timestamptz
);

create table zones (
  id                  bigint generated always as identity primary key,
  site_id             bigint not null references sites on delete cascade,
  code                text   not null,
  name                text   not null,
  owner_id            bigint references staff,
  declared_households int,
  declared_shops      int,
  unique (site_id, code),
  unique (site_id, id)
);

-- site → building (18#) → unit entrance (2单元) → household (201室) or shop (商铺).
create table buildings (
  id      bigint generated always as identity primary key,
  site_id bigint not null references sites on delete cascade,
  zone_id bigint not null,
  name    text   not null check (char_length(name) between 1 and 40),
  unique (site_id, name),
  unique (site_id, id),
  foreign key (site_id, zone_id) references zones (site_id, id)
);

create table households (
  id          bigint generated always as identity primary key,
  site_id     bigint not null references sites on delete cascade,
  building_id bigint not null,
  entrance    text   not null default '',
  room        text   not null check (char_length(room) between 1 and 40),
  kind        text   not null default 'household' check (kind in ('household', 'shop')),
  unique (building_id, entrance, room),
  unique (site_id, id),
  foreign key (site_id, building_id) references buildings (site_id, id) on delete cascade
);
create index households_site on households (site_id);
