package backup

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// table is a table as the server describes it, with the COPY that reads it.
type table struct {
	Name    string
	Columns []string `bun:",array"`
	Copy    string
}

// tables lists the tables and their columns, without those that the server works out itself. The server puts the names
// in quotes, so that no statement is put together from names here.
func tables(ctx context.Context, tx bun.IDB, first []string) ([]table, error) {
	var out []table
	err := tx.NewRaw(`select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
			format('copy %I (%s) to stdout', c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)) as copy
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'bun_migration_locks'
		group by c.relname order by c.relname not in (?), c.relname`, bun.List(append(first, ""))).Scan(ctx, &out)
	return out, err
}

func readSequences(ctx context.Context, tx bun.IDB) ([]sequenceRecord, error) {
	var out []sequenceRecord
	err := tx.NewRaw(`select sequencename as name, last_value as last from pg_sequences
		where schemaname = 'public' and last_value is not null order by 1`).Scan(ctx, &out)
	return out, err
}

// setSequences makes the sequences go on where they stood; one that this schema doesn't have is left out.
func setSequences(ctx context.Context, tx bun.IDB, all []sequenceRecord) error {
	for _, s := range all {
		_, err := tx.NewRaw(`select setval(c.oid::regclass, ?) from pg_class c
			where c.relnamespace = 'public'::regnamespace and c.relkind = 'S' and c.relname = ?`, s.Last, s.Name).Exec(ctx)
		if err != nil {
			return fmt.Errorf("sequence %s: %w", s.Name, err)
		}
	}
	return nil
}

// change is a statement that takes something off the tables before they are filled, and the one that puts it back. Both
// are the server's own words for what it has.
type change struct{ Off, Back string }

// strip takes indexes, keys and triggers off the empty tables: to make an index once over all rows is far quicker than
// to keep it up with each, and no trigger may judge rows that were judged when they were written. What it gives is to be
// put back in its order.
func strip(ctx context.Context, tx bun.IDB) ([]change, error) {
	var changes []change
	err := tx.NewRaw(`
		with keys as (
			select c.oid, r.relname, c.conname, c.contype from pg_constraint c join pg_class r on r.oid = c.conrelid
			where r.relnamespace = 'public'::regnamespace and c.contype in ('p', 'u', 'x', 'f')),
		indexes as (
			select i.indexrelid as oid, r.relname from pg_index i join pg_class r on r.oid = i.indexrelid
			where r.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x')))
		select off, back from (
			select case contype when 'f' then 3 else 1 end as rank, relname, conname as name,
				format('alter table %I drop constraint %I', relname, conname) as off,
				format('alter table %I add constraint %I %s', relname, conname, pg_get_constraintdef(oid)) as back from keys
			union all
			select 2, relname, relname, format('drop index %I', relname), pg_get_indexdef(oid) from indexes
			union all
			select distinct 4, r.relname, r.relname, format('alter table %I disable trigger user', r.relname), format('alter table %I enable trigger user', r.relname)
				from pg_class r where r.relnamespace = 'public'::regnamespace and r.relkind = 'r') all_of_them
		order by rank, relname, name`).Scan(ctx, &changes)
	if err != nil {
		return nil, err
	}
	for i := range changes { // foreign keys stand on the unique ones, so the last comes off first
		if _, err := tx.ExecContext(ctx, changes[len(changes)-1-i].Off); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

func putBack(ctx context.Context, tx bun.IDB, changes []change) error {
	for _, c := range changes {
		if _, err := tx.ExecContext(ctx, c.Back); err != nil {
			return fmt.Errorf("the rows don't fit together (%s): %w", c.Back, err)
		}
	}
	return nil
}

// truncate empties the tables of what the migrations themselves have put there.
func truncate(ctx context.Context, tx bun.IDB) error {
	var statement string
	err := tx.NewRaw(`select 'truncate ' || string_agg(quote_ident(relname), ', ') from pg_class
		where relnamespace = 'public'::regnamespace and relkind = 'r'`).Scan(ctx, &statement)
	if err == nil {
		_, err = tx.ExecContext(ctx, statement)
	}
	return err
}

// fill gives the COPY that fills a table, or nothing where the schema hasn't got it. Rows are written as frozen: nobody
// sees them before the transaction ends, and no later vacuum has to touch them again.
func fill(ctx context.Context, tx bun.IDB, t tableRecord) (string, error) {
	var found struct {
		There   bool
		Copy    string
		Missing []string `bun:",array"`
	}
	err := tx.NewRaw(`
		with here as (select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
			where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname = ?0 and a.attnum > 0 and not a.attisdropped)
		select exists (select from here) as there,
			format('copy %I (%s) from stdin with (freeze)', ?0, string_agg(quote_ident(u.name), ', ' order by u.n)) as copy,
			coalesce(array_agg(u.name) filter (where u.name not in (select attname::text from here)), '{}') as missing
		from unnest(?1::text[]) with ordinality as u (name, n)`, t.Name, pgdialect.Array(t.Columns)).Scan(ctx, &found)
	if err != nil || !found.There {
		return "", err
	}
	if len(found.Missing) > 0 {
		return "", fmt.Errorf("the table %s of the backup has columns that no release of lobby made: %v", t.Name, found.Missing)
	}
	return found.Copy, nil
}
