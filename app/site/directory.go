package site

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/uptrace/bun"

	"lobby/app/kit/fault"
	"lobby/views/locale"
)

// Directory gives sites by id from memory, since every request asks; the control event site.changed drops what
// it remembers.
type Directory struct {
	db *bun.DB

	mu    sync.RWMutex
	known map[int64]Site
	epoch int // counts drops, so that a read that began before one is not remembered after it

	book ruleBook
}

// NewDirectory is an empty directory over the pool.
func NewDirectory(db *bun.DB) *Directory { return &Directory{db: db, known: map[int64]Site{}} }

// Get gives a site, or a NotFound fault.
func (d *Directory) Get(ctx context.Context, id int64) (Site, error) {
	d.mu.RLock()
	s, ok := d.known[id]
	epoch := d.epoch
	d.mu.RUnlock()
	if ok {
		return s, nil
	}
	err := d.db.NewSelect().Model(&s).Where("id = ?", id).Scan(ctx)
	if err := found(err); err != nil {
		return Site{}, err
	}
	if err := s.finish(); err != nil {
		return Site{}, err
	}
	d.mu.Lock()
	if d.epoch == epoch {
		d.known[id] = s
	}
	d.mu.Unlock()
	return s, nil
}

// Look names the state of a site from which screens are made, where it is in memory; else nothing. It doesn't wait.
func (d *Directory) Look(id int64) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s, ok := d.known[id]
	if !ok {
		return ""
	}
	return s.Look()
}

// ByCode gives the site with a short name, as the command line says it.
func (d *Directory) ByCode(ctx context.Context, code string) (Site, error) {
	var s Site
	if err := found(d.db.NewSelect().Model(&s).Where("code = ?", code).Scan(ctx)); err != nil {
		return Site{}, err
	}
	return s, s.finish()
}

// Speak puts a language and a site's time zone into the context, for what is said on that site's screens.
func (d *Directory) Speak(ctx context.Context, id int64, lang string) (context.Context, error) {
	s, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return locale.WithZone(locale.With(ctx, lang), s.Location()), nil
}

// All lists every site by name.
func (d *Directory) All(ctx context.Context) ([]Site, error) {
	var all []Site
	if err := d.db.NewSelect().Model(&all).OrderExpr("name, id").Scan(ctx); err != nil {
		return nil, err
	}
	for i := range all {
		if err := all[i].finish(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Forget drops what is remembered of one site, or of all with id 0.
func (d *Directory) Forget(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.epoch++
	if id == 0 {
		clear(d.known)
		return
	}
	delete(d.known, id)
}

func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return err
}
