-- Who is on, who is away and who stands in; what people are told, and what they are asked to do.

-- One line of the duty table. 'on': at work in these hours. 'list': reachable, day and night (SHIFT-6). 'away': not
-- there, with somebody who stands in (ZONE-4). The same person is never in two lines of one kind at once.
create table duties (
  id          bigint generated always as identity primary key,
  site_id     bigint      not null references sites on delete cascade,
  staff_id    bigint      not null references staff on delete cascade,
  kind        text        not null check (kind in ('on', 'list', 'away')),
  stand_in_id bigint      references staff on delete set null check (stand_in_id <> staff_id),
  from_at     timestamptz not null,
  until_at    timestamptz not null check (until_at > from_at),
  check (kind = 'away' or stand_in_id is null),
  constraint duties_overlap exclude using gist (int8range(site_id, site_id, '[]') with &&, int8range(staff_id, staff_id, '[]') with &&,
    int4range(case kind when 'on' then 1 when 'list' then 2 else 3 end, case kind when 'on' then 1 when 'list' then 2 else 3 end, '[]') with &&,
    tstzrange(from_at, until_at) with &&)
);
create index duties_now on duties (site_id, until_at);

-- What somebody is asked to do and answer for: to find out why a limit passed (ESC-1), to take over what an agent can't
-- solve (HELP-2). One person takes it, and writes what came of it.
create table tasks (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  kind       text        not null check (char_length(kind) between 1 and 40),
  subject    text        not null, -- the table of what it is about
  subject_id bigint      not null,
  ticket_id  bigint,               -- the ticket that shows it
  mark       text        not null, -- which occasion it is: one task each
  due_at     timestamptz not null, -- when the occasion was, truly (SLA-4)
  noticed_at timestamptz not null,
  taken_by   bigint      references staff,
  taken_at   timestamptz,
  done_at    timestamptz,
  result     text        not null default '' check (char_length(result) <= 500),
  version    bigint      not null default 1,
  unique (site_id, subject, subject_id, kind, mark),
  unique (site_id, id),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  check ((taken_by is null) = (taken_at is null)),
  check (done_at is null or taken_at is not null and result <> '')
);
create index tasks_ticket on tasks (ticket_id) where ticket_id is not null;
create index tasks_open on tasks (site_id, due_at) where done_at is null;

-- One thing that one person is told. It is the inbox, and what mail and robots will deliver from (outbox).
create table notices (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  staff_id   bigint      not null references staff on delete cascade,
  kind       text        not null check (char_length(kind) between 1 and 40),
  subject    text        not null, -- the table of what it is about
  subject_id bigint      not null,
  ticket_id  bigint,               -- the ticket that shows it
  task_id    bigint,
  mark       text        not null default '', -- which occasion it is: told once each
  loud       boolean     not null default false,
  due_at     timestamptz not null, -- when the occasion was, truly
  sent_at    timestamptz not null,
  seen_at    timestamptz,
  foreign key (site_id, task_id) references tasks (site_id, id) on delete cascade,
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade
);
create unique index notices_once on notices (staff_id, subject, subject_id, kind, mark) where mark <> '';
create index notices_task on notices (task_id) where task_id is not null;
create index notices_ticket on notices (ticket_id) where ticket_id is not null;
create index notices_inbox on notices (site_id, staff_id, id desc);
create index notices_unseen on notices (site_id, staff_id) where seen_at is null;

-- The outbox: a notice that goes out by a channel besides the inbox. A carrier claims lines, sends, and marks them.
create table outbox (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  notice_id  bigint      not null references notices on delete cascade,
  channel    text        not null check (channel in ('mail', 'robot')),
  tries      int         not null default 0 check (tries >= 0),
  next_at    timestamptz not null,
  sent_at    timestamptz,
  failed_at  timestamptz, -- given up
  unique (notice_id, channel)
);
create index outbox_due on outbox (channel, next_at) where sent_at is null and failed_at is null;
