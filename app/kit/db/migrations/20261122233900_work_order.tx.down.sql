drop index tickets_work;
