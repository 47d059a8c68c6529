-- Since when an escalation waits that nobody has taken (ESC-5). A cache of the history, as the other limits are: open
-- tickets that were escalated are reckoned anew at the next look.
alter table tickets add column untaken_at timestamptz;
create index tickets_untaken on tickets (site_id, untaken_at) where untaken_at is not null;
update tickets set next_at = 'epoch' where lane is not null and escalated > 0;
