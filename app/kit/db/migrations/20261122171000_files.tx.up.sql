-- Pictures: photos of work on the spot, signatures. They are encoded anew before they come here.
create table files (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  mime       text        not null check (mime in ('image/jpeg', 'image/png')),
  width      int         not null check (width > 0),
  height     int         not null check (height > 0),
  bytes      bytea       not null check (octet_length(bytes) between 1 and 1048576),
  created_at timestamptz not null,
  unique (site_id, id)
);
alter table files alter column bytes set storage external; -- a picture is packed already
