-- Rotation of the encryption key. The first five bytes of a sealed value name the key that sealed it; retired lists
-- those of keys that nothing may be sealed by any more, since they are about to leave the ring, or have left it.
alter table key_rings add column retired bytea[] not null default '{}';

-- A program that slept through a rotation is refused here, and may try again once it has read the ring anew: what it
-- seals with a key that is no longer in the ring, nobody could open.
create function refuse_retired_key() returns trigger language plpgsql as $$
declare
  used bytea[] := '{}';
begin -- what an update leaves as it was is not looked at: a rotation renews one column after the other
  if new.phone is distinct from old.phone then
    used := used || substring(new.phone for 5);
  end if;
  if tg_table_name = 'visits' then
    if new.plate is distinct from old.plate then
      used := used || substring(new.plate for 5);
    end if;
    if new.pass_token is distinct from old.pass_token then
      used := used || substring(new.pass_token for 5);
    end if;
  end if;
  if exists (select from key_rings where retired && used) then
    raise exception 'sealed by a key that is no longer in use' using errcode = 'serialization_failure';
  end if;
  return new;
end $$;
create trigger visits_retired_key before insert or update of phone, plate, pass_token on visits
  for each row execute function refuse_retired_key();
create trigger tickets_retired_key before insert or update of phone on tickets
  for each row when (new.phone is not null) execute function refuse_retired_key();
