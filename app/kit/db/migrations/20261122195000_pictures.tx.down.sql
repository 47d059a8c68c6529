alter table orders drop column arrived_at;
drop table pictures;
drop table files;
