-- expand: the check is on the new column alone, whose default satisfies it; a program of before never names the column.
-- ORG-4: how far somebody's authority goes is a role and a seniority at a site; how grave a case is comes from tables
-- that a site can change. A row that is missing means the shipped default, so that new kinds need no new rows.
alter table staff_roles add column seniority smallint not null default 1
  constraint staff_roles_seniority check (seniority between 1 and 3);

create table grade_cases (
  site_id    bigint   not null references sites on delete cascade,
  kind       text     not null check (kind in ('repair', 'complaint', 'inquiry', 'help', 'suggestion', 'activity', 'other')),
  severity   text     not null check (severity in ('minor', 'important', 'major')),
  complexity smallint not null check (complexity between 1 and 3),
  reach      smallint not null check (reach between 1 and 3),
  primary key (site_id, kind, severity)
);

-- Products of two figures from 1 to 3.
create table grade_needs (
  site_id   bigint   not null references sites on delete cascade,
  grade     smallint not null check (grade in (1, 2, 3, 4, 6, 9)),
  role      text     not null,
  seniority smallint not null check (seniority between 1 and 3),
  primary key (site_id, grade)
);
