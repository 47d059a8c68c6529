-- Disputes between neighbours (COMPLAINT-8): who the parties are, what was said to each, the mediation, and what came of it.
create table disputes (
  id          bigint generated always as identity primary key,
  site_id     bigint      not null,
  ticket_id   bigint      not null,
  entry_key   uuid        not null,
  mediator_id bigint      references staff, -- the owner of the zone when it was written down, or who stood in; null: nobody was there
  opened_by   bigint      not null references staff,
  opened_at   timestamptz not null,
  ended_by    bigint      references staff,
  ended_at    timestamptz,
  outcome     text        not null default '' check (outcome in ('', 'settled', 'partly', 'failed', 'withdrawn', 'referred')),
  ending      text        not null default '' check (char_length(ending) <= 500),
  unique (site_id, ticket_id),
  unique (site_id, id),
  foreign key (site_id, ticket_id) references tickets (site_id, id) on delete cascade,
  check ((ended_at is null) = (outcome = '') and (ended_at is null) = (ended_by is null) and (ended_at is null) <= (ending = ''))
);
create index disputes_open on disputes (ticket_id) where ended_at is null;

-- The parties, two or more: a household, a name, or both.
create table dispute_parties (
  id           bigint generated always as identity primary key,
  site_id      bigint not null,
  dispute_id   bigint not null,
  name         text   not null default '' check (char_length(name) <= 40),
  place        text   not null default '' check (char_length(place) <= 60), -- as it was typed
  household_id bigint,
  foreign key (site_id, dispute_id) references disputes (site_id, id) on delete cascade,
  foreign key (site_id, household_id) references households (site_id, id),
  unique (dispute_id, id),
  check (name <> '' or place <> '')
);
create index dispute_parties_household on dispute_parties (household_id) where household_id is not null;

-- What was said: to one party, or where it has none to all of them together.
create table dispute_talks (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null,
  dispute_id bigint      not null,
  party_id   bigint,
  entry_key  uuid        not null,
  said       text        not null check (char_length(said) between 1 and 500),
  by_id      bigint      not null references staff,
  at         timestamptz not null,
  unique (site_id, entry_key),
  foreign key (site_id, dispute_id) references disputes (site_id, id) on delete cascade,
  foreign key (dispute_id, party_id) references dispute_parties (dispute_id, id)
);
create index dispute_talks_dispute on dispute_talks (dispute_id);
