drop index tickets_worker;
drop index tickets_matters;
drop view review_records;
