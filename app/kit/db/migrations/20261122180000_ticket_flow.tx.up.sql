-- expand: every new column of tickets and ticket_steps has a default, and its checks are about new columns, of which a program of before knows nothing; the rows of before satisfy them.
-- The whole flow of a ticket: what it was classified as, who owns and who handles it, what was promised, urged, waited for.
create table departments (
  id      bigint generated always as identity primary key,
  site_id bigint not null references sites on delete cascade,
  code    text   not null check (code ~ '^[a-z0-9_-]{1,20}$'),
  name    text   not null check (char_length(name) between 1 and 40),
  head_id bigint references staff,
  closed_at timestamptz, -- it takes no more orders
  version bigint not null default 1,
  unique (site_id, code),
  unique (site_id, name),
  unique (site_id, id)
);
create table department_members (
  site_id       bigint not null,
  department_id bigint not null,
  staff_id      bigint not null references staff,
  primary key (department_id, staff_id),
  foreign key (site_id, department_id) references departments (site_id, id) on delete cascade
);
create index department_members_staff on department_members (staff_id);

alter table tickets
  add column help_kind     text        not null default '' constraint tickets_help_kind check (help_kind in ('', 'medical', 'repair', 'complaint', 'consultation', 'crime', 'disaster', 'other')),
  add column validity      text        not null default '' constraint tickets_validity check (validity in ('', 'valid', 'invalid')),
  add column about         text        not null default '' constraint tickets_about check (about in ('', 'property', 'other')),
  add column topic         text        not null default '' constraint tickets_topic check (topic in ('', 'facilities', 'environment', 'safety', 'attitude', 'fees')),
  add column severity      text        not null default '' constraint tickets_severity check (severity in ('', 'minor', 'important', 'major')),
  add column against_id    bigint, -- the department complained of: it takes part, and may not own the ticket (COMPLAINT-3)
  add column grade         smallint    not null default 0 constraint tickets_grade check (grade between 0 and 9), -- 0: not classified (ORG-4)
  add column handler_id    bigint      references staff, -- who works on it, where that is somebody else than the owner
  add column afterwards    boolean     not null default false, -- handled first and written up later (TICKET-6)
  add column accepted_at   timestamptz, -- somebody has it in mind: screens stop sounding (HELP-3)
  add column classified_at timestamptz,
  add column waiting_on    text        not null default '' constraint tickets_waiting_on check (waiting_on in ('', 'customer', 'parts', 'third_party')),
  add column response_due  timestamptz,
  add column response_at   timestamptz, -- first substantive answer
  add column solution_due  timestamptz,
  add column solution_at   timestamptz, -- solution offered
  add column promised_at   timestamptz, -- the time promised to the customer (TICKET-11)
  add column update_due    timestamptz, -- when the customer is to be told of progress again (TICKET-10)
  add column updated_at    timestamptz, -- when the customer was told last
  add column urged         int         not null default 0 constraint tickets_urged check (urged >= 0),
  add column urged_at      timestamptz,
  add column repeats_id    bigint, -- the first complaint on the same matter (COMPLAINT-6)
  add column confirmed_by  text        not null default '' constraint tickets_confirmed_by check (char_length(confirmed_by) <= 60), -- name of the customer who confirmed a repair (TICKET-5)
  add column next_at       timestamptz, -- the next moment at which time alone changes something
  add column near_at       timestamptz, -- since when the limit is near, once it was noticed
  add column escalated     smallint    not null default 0, -- highest level reached
  add column callback_due  timestamptz,
  add constraint tickets_against foreign key (site_id, against_id) references departments (site_id, id),
  add constraint tickets_repeats foreign key (site_id, repeats_id) references tickets (site_id, id),
  add constraint tickets_repeats_earlier check (repeats_id is null or repeats_id < id),
  add constraint tickets_help_only check (help_kind = '' or kind = 'help'),
  add constraint tickets_complaint_only check (kind = 'complaint' or (validity = '' and about = '' and topic = '' and severity = '' and against_id is null)),
  add constraint tickets_safety_of_help check (help_kind not in ('medical', 'crime', 'disaster') or life_safety),
  -- What a classified ticket says; one of before classification came has none of it.
  add constraint tickets_classified check (classified_at is null or
    ((kind <> 'help' or help_kind <> '') and
     (kind <> 'complaint' or (topic <> '' and (validity = 'invalid' or (validity = 'valid' and about <> '' and severity <> '')))))),
  add constraint tickets_handler check (handler_id is null or handler_id is distinct from owner_id);
create index tickets_next on tickets (next_at) where next_at is not null;
create index tickets_repeats on tickets (repeats_id) where repeats_id is not null;
create index tickets_handler on tickets (site_id, handler_id) where handler_id is not null and lane is not null;
create index tickets_against on tickets (against_id) where against_id is not null;
create index tickets_update on tickets (site_id, update_due) where update_due is not null and lane is not null;

alter table ticket_steps
  add column order_id bigint, -- of which order the step is; null: the ticket's own
  add column mark     text not null default ''; -- what time does happens once: clock, level, round (ESC-4)
create unique index ticket_steps_once on ticket_steps (ticket_id, coalesce(order_id, 0), mark) where mark <> '';
