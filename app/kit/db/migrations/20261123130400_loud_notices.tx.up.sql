-- The head of every page asks for the latest unseen notice that rings: of somebody with thousands it reads one.
create index notices_loud on notices (site_id, staff_id, id desc) where seen_at is null and loud;
