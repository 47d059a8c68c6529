-- expand: only new tables, and a foreign key on a column of ticket_steps that a program of before never fills.
-- Service orders (服务单) to departments, and what was done on the spot (TICKET-4, TICKET-12).
create table orders (
  id            bigint generated always as identity primary key,
  site_id       bigint      not null,
  ticket_id     bigint      not null,
  entry_key     uuid        not null,
  number        text        not null,
  department_id bigint      not null,
  assignee_id   bigint      references staff,
  state         text        not null default 'sent' check (state in ('sent', 'accepted', 'rejected', 'in_progress', 'waiting', 'done', 'fed_back', 'withdrawn')),
  instruction   text        not null default '' check (char_length(instruction) <= 500),
  waiting_on    text        not null default '' check (waiting_on in ('', 'customer', 'parts', 'third_party')),
  result        text        not null default '' check (char_length(result) <= 500),
  confirmed_by  text        not null default '' check (char_length(confirmed_by) <= 60), -- the customer on the spot (TICKET-5)
  sent_at       timestamptz not null,
  due_at        timestamptz not null,
  accepted_at   timestamptz,
  started_at    timestamptz,
  done_at       timestamptz,
  fed_back_at   timestamptz,
  overdue_at    timestamptz,
  next_at       timestamptz, -- the next moment at which time alone changes something
  version       bigint      not null default 1,
  -- Until the desk has its result, an order keeps its ticket from being resolved.
  open          boolean     not null generated always as (state not in ('rejected', 'fed_back', 'withdrawn')) stored,
  unique (site_id, entry_key),
  unique (site_id, number),
  unique (site_id, id),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  foreign key (site_id, department_id) references departments (site_id, id),
  check (state <> 'waiting' or waiting_on <> '')
);
create index orders_ticket on orders (ticket_id, id);
create index orders_open on orders (department_id, due_at, id) where open;
create index orders_next on orders (next_at) where next_at is not null;
create index orders_sent on orders (site_id, sent_at desc);

create table work_records (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null,
  ticket_id  bigint      not null,
  order_id   bigint,
  kind       text        not null check (kind in ('repair', 'replace', 'inspect', 'clean', 'mediate', 'other')),
  done       text        not null check (char_length(done) between 1 and 500),
  result     text        not null check (char_length(result) between 1 and 500),
  materials  text        not null default '' check (char_length(materials) <= 200),
  started_at timestamptz not null,
  ended_at   timestamptz not null,
  by_id      bigint      references staff,
  noted_at   timestamptz not null,
  unique (site_id, id),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  foreign key (site_id, order_id) references orders (site_id, id) on delete cascade,
  check (ended_at >= started_at)
);
create index work_records_ticket on work_records (ticket_id, id);
create index work_records_order on work_records (order_id) where order_id is not null;

alter table ticket_steps add constraint ticket_steps_order foreign key (site_id, order_id) references orders (site_id, id) on delete cascade;
create index ticket_steps_of_order on ticket_steps (order_id, id) where order_id is not null;
