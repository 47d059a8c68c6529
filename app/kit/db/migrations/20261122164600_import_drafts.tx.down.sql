drop table import_drafts;
