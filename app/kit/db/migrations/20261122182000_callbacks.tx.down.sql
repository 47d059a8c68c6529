drop table rating_links;
drop table ratings;
drop table callbacks;
