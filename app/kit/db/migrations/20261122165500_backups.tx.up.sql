-- The installation's backups (PRIVACY-8), of all its sites together: what was taken, and what was shown by a restore to
-- hold everything. What went wrong last with one stands in problem; a try that came to nothing has no digest.
create table backups (
  id          bigint generated always as identity primary key,
  digest      text        unique check (digest ~ '^[0-9a-f]{64}$'), -- SHA-256 of the file
  name        text        not null default '',                     -- of the file, without its folder
  taken_at    timestamptz not null,                                -- the moment that the backup shows
  size        bigint      not null default 0 check (size >= 0),
  verified_at timestamptz,
  problem     text        not null default '',
  check (digest is not null or problem <> ''),
  check (verified_at is null or digest is not null)
);
create index backups_taken on backups (taken_at desc);
