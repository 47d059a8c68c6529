-- What was read from a spreadsheet of places, between its dry run on a page and its load: any instance may do the second.
-- Only places and owners of zones are kept, never the file with its other columns, and not for long.
create table import_drafts (
  id       bigint generated always as identity primary key,
  site_id  bigint      not null references sites on delete cascade,
  staff_id bigint      not null references staff on delete cascade,
  at       timestamptz not null,
  rows     bytea       not null check (octet_length(rows) <= 33554432) -- packed
);
create index import_drafts_at on import_drafts (at);
