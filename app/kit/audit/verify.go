package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// Flaw is what sort of change of the record was found.
type Flaw string

// The flaws.
const (
	Changed  Flaw = "changed"  // a row or its seal is not what was sealed
	Deleted  Flaw = "deleted"  // a sealed row is gone
	Gap      Flaw = "gap"      // links of the chain are gone
	Inserted Flaw = "inserted" // a row was put among older ones afterwards
	Cut      Flaw = "cut"      // the chain is shorter than the head that was kept
	Replaced Flaw = "replaced" // the chain at the kept head is another one
)

// Finding is one flaw, with the place in the chain and the row it is about (0 where unknown).
type Finding struct {
	Flaw    Flaw
	Seq     int64
	AuditID int64
}

// String says the finding in a sentence for the operator.
func (f Finding) String() string {
	switch f.Flaw {
	case Changed:
		return fmt.Sprintf("row %d (link %d) is not what was sealed", f.AuditID, f.Seq)
	case Deleted:
		return fmt.Sprintf("row %d (link %d) was deleted", f.AuditID, f.Seq)
	case Gap:
		return fmt.Sprintf("links before %d were taken out of the chain", f.Seq)
	case Inserted:
		return fmt.Sprintf("row %d was put among older rows afterwards", f.AuditID)
	case Cut:
		return fmt.Sprintf("the end was cut off: the chain no longer reaches link %d", f.Seq)
	}
	return fmt.Sprintf("link %d is not the one whose head was kept", f.Seq)
}

// maxFindings bounds the list; Result.More counts the rest.
const maxFindings = 100

// Result is what a verification found.
type Result struct {
	Sealed   int64     // links in the chain
	Pending  int64     // rows not sealed yet
	Oldest   time.Time // the oldest of them; zero where there is none
	Head     string
	Findings []Finding
	More     int64
}

// OK tells whether nothing was found.
func (r *Result) OK() bool { return len(r.Findings) == 0 }

func (r *Result) add(flaw Flaw, seq, id int64) {
	if len(r.Findings) >= maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{flaw, seq, id})
}

// Verify goes through the whole chain and finds every change, deletion and insertion in what is sealed (PRIVACY-4).
// What was sealed before head was kept can't have been cut off unseen either; head is empty where none was kept.
func Verify(ctx context.Context, pool *bun.DB, key []byte, head string) (*Result, error) {
	var want link
	if head != "" {
		seq, mac, err := parseHead(head)
		if err != nil {
			return nil, err
		}
		want.Seq, want.Mac = seq, mac
	}
	return db.Read(ctx, pool, func(ctx context.Context, tx bun.Tx) (*Result, error) {
		w := walk{key: key, want: want, result: &Result{}}
		for {
			links, err := nextLinks(ctx, tx, w.prev.Seq)
			if err != nil {
				return nil, err
			}
			if len(links) == 0 {
				break
			}
			for i := range links {
				w.step(&links[i])
			}
		}
		if w.prev.Seq < want.Seq {
			w.result.add(Cut, want.Seq, 0)
		}
		w.result.Head = headText(w.prev.Seq, w.prev.Mac)
		return w.result, pending(ctx, tx, w.result)
	})
}

// nextLinks reads the chain in its order. A row that is gone leaves its link behind.
func nextLinks(ctx context.Context, tx bun.IDB, after int64) ([]link, error) {
	var links []link
	err := tx.NewRaw(`select c.seq, c.mac, c.at as sealed_at, c.horizon::text as horizon, c.audit_id as id,
		a.id is null as gone, coalesce(a.xid, '0')::text as xid, coalesce(a.at, c.at) as at, a.site_id,
		coalesce(a.actor_kind, '') as actor_kind, coalesce(a.actor_id, 0) as actor_id,
		coalesce(a.actor_name, '') as actor_name, coalesce(a.verb, '') as verb, coalesce(a.subject, '') as subject,
		coalesce(a.subject_id, 0) as subject_id, coalesce(a.fields, '{}') as fields, coalesce(a.reason, '') as reason
		from audit_chain c left join audit_log a on a.id = c.audit_id
		where c.seq > ? order by c.seq limit 2000`, after).Scan(ctx, &links)
	return links, err
}

// walk is a verification on its way along the chain.
type walk struct {
	key     []byte
	want    link
	result  *Result
	prev    link
	highest int64 // row id so far
	// closed is the horizon of the sealing before the present one, and sealed the highest row id up to it.
	closed uint64
	sealed int64
}

func (w *walk) step(l *link) {
	w.result.Sealed++
	if l.Seq != w.prev.Seq+1 {
		w.result.add(Gap, l.Seq, 0)
	}
	if l.Horizon != w.prev.Horizon {
		w.closed, w.sealed = xid(w.prev.Horizon), w.highest
	}
	l.Prev = w.prev.Mac
	switch {
	case l.Gone:
		w.result.add(Deleted, l.Seq, l.ID)
	case !hmac.Equal(l.seal(w.key), l.Mac):
		w.result.add(Changed, l.Seq, l.ID)
	case w.closed > 0 && l.ID < w.sealed && xid(l.Xid) >= w.closed:
		// An id from before an earlier sealing and a transaction from after it: ids are handed out in order, so
		// nobody but a forger ends up with both.
		w.result.add(Inserted, l.Seq, l.ID)
	}
	if l.Seq == w.want.Seq && !bytes.HasPrefix(l.Mac, w.want.Mac) {
		w.result.add(Replaced, l.Seq, l.ID)
	}
	w.prev = *l
	w.highest = max(w.highest, l.ID)
}

// xid reads a transaction id; what is none becomes 0, which no transaction has.
func xid(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// pending counts what isn't sealed yet. A row below the end of the chain never was there when its neighbours were
// sealed, so it was put there afterwards.
func pending(ctx context.Context, tx bun.IDB, r *Result) error {
	last, err := lastLink(ctx, tx)
	if err != nil {
		return err
	}
	var rows []struct {
		ID    int64
		At    time.Time
		Stray bool
	}
	err = tx.NewRaw(`select a.id, a.at, (a.xid, a.id) < (?::xid8, ?) and ?::xid8 < pg_snapshot_xmax(s) as stray
		from pg_current_snapshot() s, audit_log a
		where not exists (select from audit_chain c where c.audit_id = a.id)
		order by stray desc, a.at limit 10000`, last.Xid, last.ID, last.Xid).Scan(ctx, &rows)
	for _, row := range rows {
		if row.Stray {
			r.add(Inserted, 0, row.ID)
			continue
		}
		if r.Pending++; r.Oldest.IsZero() {
			r.Oldest = row.At
		}
	}
	return err
}
