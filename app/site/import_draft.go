package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
)

// DraftTerm is how long what was read from a spreadsheet is kept between its dry run and its load.
const DraftTerm = time.Hour

// draftRow is an entry as a draft keeps it.
type draftRow struct {
	Kind       string `json:"k"`
	Sheet      string `json:"s,omitempty"`
	Line       int    `json:"l"`
	Zone       string `json:"z,omitempty"`
	Name       string `json:"n,omitempty"`
	Owner      string `json:"o,omitempty"`
	Building   string `json:"b,omitempty"`
	Entrance   string `json:"e,omitempty"`
	Room       string `json:"r,omitempty"`
	Households *int   `json:"h,omitempty"`
	Shops      *int   `json:"p,omitempty"`
}

// Try is a dry run of a spreadsheet on a page. Where all of it can be loaded, what was read is kept for DraftTerm under
// the id that comes back, so that any instance can load exactly that; else the id is 0.
func (s *Service) Try(ctx context.Context, data []byte) (out *Imported, draft int64, err error) {
	who, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, 0, err
	}
	f, err := readFile(data)
	if err != nil {
		return nil, 0, err
	}
	out, err = s.run(ctx, who.Site, f, options{dryRun: true, accept: true})
	if err != nil || len(out.Changes) == 0 {
		return out, 0, err
	}
	packed, err := pack(f)
	if err != nil {
		return nil, 0, err
	}
	draft, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (id int64, err error) {
		if _, err := dropDrafts(ctx, tx, s.Now()); err != nil {
			return 0, err
		}
		if _, err := tx.NewRaw(`delete from import_drafts where staff_id = ? and site_id = ?`, who.ID, who.Site).Exec(ctx); err != nil {
			return 0, err
		}
		return id, tx.NewRaw(`insert into import_drafts (site_id, staff_id, at, rows) values (?, ?, ?, ?) returning id`,
			who.Site, who.ID, s.Now(), packed).Scan(ctx, &id)
	})
	return out, draft, err
}

// LoadDraft loads what Try read. Where that would do something else by now than what was seen, it does nothing and says
// what it would do.
func (s *Service) LoadDraft(ctx context.Context, draft int64, seen string, accept bool) (*Imported, error) {
	who, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, err
	}
	var packed []byte
	err = s.DB.NewRaw(`select rows from import_drafts where id = ? and staff_id = ? and site_id = ? and at > ?`,
		draft, who.ID, who.Site, s.Now().Add(-DraftTerm)).Scan(ctx, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.Conflict, "import.draft_gone")
	}
	if err != nil {
		return nil, db.Translate(err)
	}
	f, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	if seen == "" {
		seen = "-" // who saw nothing saw something else
	}
	out, err := s.run(ctx, who.Site, f, options{accept: accept, seen: seen})
	if err != nil {
		return out, err
	}
	_, err = s.DB.NewRaw(`delete from import_drafts where id = ?`, draft).Exec(ctx)
	return out, db.Translate(err)
}

// DropDrafts removes what nobody loaded within DraftTerm.
func (s *Service) DropDrafts(ctx context.Context) (int, error) { return dropDrafts(ctx, s.DB, s.Now()) }

func dropDrafts(ctx context.Context, tx bun.IDB, now time.Time) (int, error) {
	res, err := tx.NewRaw(`delete from import_drafts where at <= ?`, now.Add(-DraftTerm)).Exec(ctx)
	if err != nil {
		return 0, db.Translate(err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

func pack(f file) ([]byte, error) {
	rows := make([]draftRow, len(f.rows))
	for i, e := range f.rows {
		rows[i] = draftRow{e.kind, e.sheet, e.line, e.zone, e.name, e.owner, e.place.Building, e.place.Entrance, e.place.Room, e.households, e.shops}
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(rows), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) (file, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return file{}, err
	}
	var rows []draftRow
	if err := json.NewDecoder(io.LimitReader(z, maxUnzipped)).Decode(&rows); err != nil {
		return file{}, err
	}
	f := file{rows: make([]entry, len(rows))}
	for i, r := range rows {
		f.rows[i] = entry{kind: r.Kind, sheet: r.Sheet, line: r.Line, zone: r.Zone, name: r.Name, owner: r.Owner,
			place: Place{Building: r.Building, Entrance: r.Entrance, Room: r.Room, Shop: r.Kind == "shop"}, households: r.Households, shops: r.Shops}
	}
	return f, nil
}
