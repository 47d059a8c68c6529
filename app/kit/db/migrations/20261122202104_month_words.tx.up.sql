-- expand: both columns are new, with a default that satisfies their checks; a program of before leaves them as they are.
-- What a month's report says besides measures, problems and plan (REVIEW-4): what was completed, and what the complaints and requests for help show.
alter table month_reports
  add column completion text not null default '' constraint month_reports_completion check (char_length(completion) <= 2000),
  add column analysis   text not null default '' constraint month_reports_analysis check (char_length(analysis) <= 2000);
