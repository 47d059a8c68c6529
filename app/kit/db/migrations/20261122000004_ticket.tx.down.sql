drop table ticket_steps, tickets;
drop function refuse_first_asked;
