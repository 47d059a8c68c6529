drop table ticket_steps, tickets;
