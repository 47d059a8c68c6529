-- Callbacks (回访): every call that was made, and what customers think of how their matter was handled.
create table callbacks (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null,
  ticket_id  bigint      not null,
  round      int         not null check (round >= 0), -- how often the ticket had been reopened: each round is called back
  entry_key  uuid        not null,
  entry_hash bytea       not null,
  by_id      bigint      not null references staff,
  at         timestamptz not null,
  day        date        not null, -- of the site: three tries are on three days
  reached    boolean     not null,
  asked      text        not null default '' check (char_length(asked) <= 60), -- who was asked
  satisfied  boolean,
  answer     text        not null default '' check (char_length(answer) <= 500),
  unique (site_id, entry_key),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  check (reached = (satisfied is not null)),
  check (not reached or asked <> '')
);
create unique index callbacks_answered on callbacks (ticket_id, round) where reached;
create index callbacks_tries on callbacks (ticket_id, round);
create index callbacks_at on callbacks (site_id, at);

-- Marks from 1 to 10 (SURVEY-1), one answer for each ticket and person. The person is a keyed hash: of the phone, or
-- where there is none of the ticket.
create table ratings (
  id        bigint generated always as identity primary key,
  site_id   bigint      not null,
  ticket_id bigint      not null,
  person    bytea       not null,
  via       text        not null check (via in ('callback', 'link', 'kiosk')),
  speed     smallint    check (speed between 1 and 10),
  attitude  smallint    check (attitude between 1 and 10),
  upkeep    smallint    check (upkeep between 1 and 10),
  remark    text        not null default '' check (char_length(remark) <= 500),
  at        timestamptz not null,
  unique (ticket_id, person),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  check (num_nonnulls(speed, attitude, upkeep) > 0 or remark <> '')
);
create index ratings_at on ratings (site_id, at);

-- Links by which a customer can rate without signing in. Only a hash of what the link holds is kept.
create table rating_links (
  token_hash bytea       primary key,
  site_id    bigint      not null,
  ticket_id  bigint      not null,
  made_at    timestamptz not null,
  until_at   timestamptz not null,
  used_at    timestamptz,
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade
);
create index rating_links_ticket on rating_links (ticket_id);
