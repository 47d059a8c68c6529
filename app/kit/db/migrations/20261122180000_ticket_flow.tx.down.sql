drop index ticket_steps_once;
alter table ticket_steps drop column mark, drop column order_id;
alter table tickets
  drop constraint tickets_handler, drop constraint tickets_classified, drop constraint tickets_safety_of_help,
  drop constraint tickets_complaint_only, drop constraint tickets_help_only,
  drop column callback_due, drop column escalated, drop column near_at, drop column next_at, drop column confirmed_by,
  drop column repeats_id, drop column urged_at, drop column urged, drop column updated_at, drop column update_due, drop column promised_at,
  drop column solution_at, drop column solution_due, drop column response_at, drop column response_due, drop column waiting_on,
  drop column classified_at, drop column accepted_at, drop column afterwards, drop column handler_id, drop column grade,
  drop column against_id, drop column severity, drop column topic, drop column about, drop column validity, drop column help_kind;
drop table department_members, departments;
