drop table pass_tries, visits;
