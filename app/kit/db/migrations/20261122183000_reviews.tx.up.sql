-- Reviews: what the supervisor looked at day by day, the manager week by week, and what was found (REVIEW-1, REVIEW-2,
-- REVIEW-4); and the cases that the knowledge base keeps of tickets (REVIEW-3).
create table reviews (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  span       text        not null check (span in ('day', 'week')),
  day        date        not null, -- the day, or the Monday of the week
  section    text        not null check (section in ('reception', 'complaint', 'dispatch', 'patrol')),
  subject_id bigint      not null, -- the ticket, or for dispatch the order; 0 for a week's section as a whole
  by_id      bigint      not null references staff,
  at         timestamptz not null,
  remark     text        not null default '' check (char_length(remark) <= 500),
  unique (site_id, span, day, section, subject_id),
  check (span = 'day' or extract(isodow from day) = 1),
  check ((span = 'week') = (subject_id = 0))
);

-- What unsolved matters have in common, and what is to change (REVIEW-2).
create table findings (
  id      bigint generated always as identity primary key,
  site_id bigint      not null references sites on delete cascade,
  shared  text        not null check (char_length(shared) between 1 and 500),
  change  text        not null check (char_length(change) between 1 and 500),
  by_id   bigint      not null references staff,
  at      timestamptz not null,
  unique (site_id, id)
);
create table finding_tickets (
  site_id    bigint not null,
  finding_id bigint not null,
  ticket_id  bigint not null,
  primary key (finding_id, ticket_id),
  foreign key (site_id, finding_id) references findings (site_id, id) on delete cascade,
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade
);
create index finding_tickets_ticket on finding_tickets (ticket_id);

-- The words of the month's report upward: the figures come from the registers (REVIEW-4).
create table month_reports (
  site_id  bigint      not null references sites on delete cascade,
  month    date        not null check (extract(day from month) = 1),
  measures text        not null default '' check (char_length(measures) <= 2000),
  problems text        not null default '' check (char_length(problems) <= 2000),
  plan     text        not null default '' check (char_length(plan) <= 2000),
  by_id    bigint      not null references staff,
  at       timestamptz not null,
  version  bigint      not null default 1,
  primary key (site_id, month)
);

-- Cases, good and hard, without persons (REVIEW-3).
create table knowledge_cases (
  id          bigint generated always as identity primary key,
  site_id     bigint      not null references sites on delete cascade,
  ticket_id   bigint,
  sort        text        not null check (sort in ('good', 'hard')),
  kind        text        not null, -- of the ticket
  title       text        not null check (char_length(title) between 1 and 80),
  situation   text        not null check (char_length(situation) between 1 and 1000),
  handling    text        not null check (char_length(handling) between 1 and 1000),
  lesson      text        not null default '' check (char_length(lesson) <= 500),
  by_id       bigint      not null references staff,
  at          timestamptz not null,
  version     bigint      not null default 1,
  unique (site_id, ticket_id),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete set null (ticket_id)
);
create index knowledge_cases_ticket on knowledge_cases (ticket_id) where ticket_id is not null;
