-- Pictures: photos with tickets and orders, signatures of customers. They are encoded anew before they come here.
create table files (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  mime       text        not null check (mime in ('image/jpeg', 'image/png')),
  width      int         not null check (width > 0),
  height     int         not null check (height > 0),
  bytes      bytea       not null check (octet_length(bytes) between 1 and 1048576),
  small      bytea       not null check (octet_length(small) between 1 and 65536), -- for lists and on paper
  created_at timestamptz not null,
  unique (site_id, id)
);
alter table files alter column bytes set storage external; -- a picture is packed already
alter table files alter column small set storage external;

-- Which picture hangs on what (TICKET-12, TICKET-5). The sum of what came in keeps one that is sent again from standing twice.
create table pictures (
  id        bigint generated always as identity primary key,
  site_id   bigint      not null,
  ticket_id bigint      not null,
  order_id  bigint, -- null: the ticket's own
  file_id   bigint      not null unique,
  stage     text        not null check (stage in ('report', 'before', 'after', 'signature')),
  sum       bytea       not null check (octet_length(sum) = 32),
  by_id     bigint      references staff,
  at        timestamptz not null,
  unique (site_id, id),
  unique nulls not distinct (ticket_id, order_id, stage, sum),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  foreign key (site_id, order_id) references orders (site_id, id) on delete cascade,
  foreign key (site_id, file_id) references files (site_id, id) on delete cascade,
  check (stage <> 'signature' or order_id is not null)
);
create index pictures_ticket on pictures (ticket_id, id);

alter table orders add column arrived_at timestamptz; -- when somebody said that they were at the spot (SLA-6)
