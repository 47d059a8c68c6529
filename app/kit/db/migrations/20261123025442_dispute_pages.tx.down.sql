drop index disputes_mediator;
drop index disputes_running;
