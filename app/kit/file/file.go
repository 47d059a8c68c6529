// Package file keeps pictures: photos of work on the spot and signatures, in PostgreSQL. Nothing is kept as it came: a
// picture is decoded and encoded anew, so that no place, camera or hidden script is in it, and it is never larger than
// MaxStored. What came in is opened in bounded memory, whatever it claims to be: see Budget.
package file

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// What may come in, and what is kept.
const (
	MaxUpload = 20 << 20  // bytes of one picture as it comes
	MaxPixels = 50e6      // of a picture as it comes: phones take 48 megapixels
	Budget    = 256 << 20 // bytes that opening one picture may take, by what its head says; one is opened at a time
	MaxStored = 1 << 20   // bytes of one picture as it is kept
	MaxSmall  = 64 << 10  // bytes of its small form

	photoSide     = 2048 // longest side of a kept photo in pixels
	signatureSide = 800  // longest side of a kept signature in pixels
	smallSide     = 320  // longest side of the small form
)

// Picture is one kept picture.
type Picture struct {
	bun.BaseModel `bun:"table:files,alias:f"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SiteID    int64     `bun:"site_id"`
	Mime      string    `bun:"mime"` // image/jpeg for photos, image/png for signatures
	Width     int       `bun:"width"`
	Height    int       `bun:"height"`
	Bytes     []byte    `bun:"bytes"`
	Small     []byte    `bun:"small"` // the same, for lists and on paper
	CreatedAt time.Time `bun:"created_at"`

	Sum []byte `bun:"-"` // SHA-256 of what came in, to know a picture that is sent again; not kept here
}

// Save keeps a picture of a site and gives it its id.
func Save(ctx context.Context, tx bun.IDB, site int64, at time.Time, p *Picture) error {
	p.SiteID, p.CreatedAt = site, at
	_, err := tx.NewInsert().Model(p).Returning("id").Exec(ctx)
	return err
}

// Load gives a picture of a site, its small form only where that is wanted; sql.ErrNoRows where the site has none of that
// id. Whether the person may see it is for the feature that it hangs on.
func Load(ctx context.Context, db bun.IDB, site, id int64, small bool) (*Picture, error) {
	p := new(Picture)
	body := "bytes"
	if small {
		body = "small"
	}
	return p, db.NewSelect().Model(p).Column("id", "site_id", "mime", "width", "height", "created_at", body).
		Where("f.site_id = ?", site).Where("f.id = ?", id).Scan(ctx)
}
