// Package file keeps pictures: photos of work on the spot and signatures, in PostgreSQL. Nothing is kept as it came: a
// picture is decoded and encoded anew, so that no place, camera or hidden script is in it, and it is never larger than
// MaxStored. What came in is read in bounded memory, whatever it claims to be.
package file

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// What may come in, and what is kept.
const (
	MaxUpload = 20 << 20 // bytes of one picture as it comes
	MaxPixels = 50e6     // of a picture as it comes: phones take 48 megapixels
	MaxStored = 1 << 20  // bytes of one picture as it is kept

	photoSide     = 2048 // longest side of a kept photo in pixels
	signatureSide = 800  // longest side of a kept signature in pixels
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
	CreatedAt time.Time `bun:"created_at"`
}

// Save keeps a picture of a site and gives it its id.
func Save(ctx context.Context, tx bun.IDB, site int64, at time.Time, p *Picture) error {
	p.SiteID, p.CreatedAt = site, at
	_, err := tx.NewInsert().Model(p).Returning("id").Exec(ctx)
	return err
}

// Load gives a picture of a site; sql.ErrNoRows where the site has none of that id. Whether the person may see it is for
// the feature that it hangs on.
func Load(ctx context.Context, db bun.IDB, site, id int64) (*Picture, error) {
	p := new(Picture)
	return p, db.NewSelect().Model(p).Where("f.site_id = ?", site).Where("f.id = ?", id).Scan(ctx)
}
