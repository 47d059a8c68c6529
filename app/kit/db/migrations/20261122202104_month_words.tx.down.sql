alter table month_reports drop column completion, drop column analysis;
