drop table counters, key_rings, audit_chain, audit_log, events, topics;
drop function refuse_change();
