-- expand: limits may be missing now, which programs of before read as none; every new column has a default, and what is inserted without next_at is reckoned at the next look.

-- What a site decides by rule: its policy of limits, its hours, the calendar of each year. Every version stays, since
-- limits are derived from history; the latest of a name is the one in force. What a site never changed isn't here.
create table site_rules (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references sites on delete cascade,
  name       text        not null check (name ~ '^(policy|hours|calendar\.[0-9]{4})$'),
  version    bigint      not null check (version > 0),
  value      jsonb       not null,
  changed_by bigint      references staff,
  changed_at timestamptz not null,
  unique (site_id, name, version)
);
create index site_rules_latest on site_rules (site_id, id);

-- A ticket whose clock stands still, or that has no limit, is due at no time.
alter table tickets alter column due_at drop not null;
alter table orders alter column due_at drop not null;

-- Whoever inserts a ticket without saying when to look at it: at once.
alter table tickets alter column next_at set default 'epoch';
update tickets set next_at = 'epoch' where lane is not null;
drop index tickets_next;
create index tickets_next on tickets (next_at, id) where next_at is not null;

-- Other rules, another time zone: the limits of the site's open tickets are reckoned anew.
create function reckon_site() returns trigger language plpgsql as $$
begin
  update tickets set next_at = 'epoch' where site_id = case tg_table_name when 'sites' then (to_jsonb(new)->>'id')::bigint else (to_jsonb(new)->>'site_id')::bigint end
    and lane is not null;
  return null;
end $$;
create trigger site_rules_reckon after insert on site_rules for each row execute function reckon_site();
create trigger sites_reckon after update of time_zone on sites for each row
  when (old.time_zone is distinct from new.time_zone) execute function reckon_site();
