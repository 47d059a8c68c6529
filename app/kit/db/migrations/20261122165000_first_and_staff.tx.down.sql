drop table temporary_passwords;
drop table first_links;
