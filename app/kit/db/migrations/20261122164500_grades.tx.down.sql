drop table grade_needs;
drop table grade_cases;
alter table staff_roles drop column seniority;
