delete from ticket_steps where order_id is not null;
drop index ticket_steps_of_order;
alter table ticket_steps drop constraint ticket_steps_order;
drop table work_records, orders;
