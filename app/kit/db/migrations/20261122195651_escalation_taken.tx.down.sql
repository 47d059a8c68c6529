drop index tickets_untaken;
alter table tickets drop column untaken_at;
