drop index tickets_ended;
drop index tickets_owned;
drop index tickets_handled;
drop index tickets_asked;
drop index tickets_late;
