drop table knowledge_cases;
drop table month_reports;
drop table finding_tickets;
drop table findings;
drop table reviews;
