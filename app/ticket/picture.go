package ticket

import (
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// Stage says what a picture shows.
type Stage string

// The stages. A ticket has what was reported, an order the work before and after (TICKET-12), and who confirms it on the
// spot may sign (TICKET-5).
const (
	Reported Stage = "report"
	Before   Stage = "before"
	After    Stage = "after"
	Signed   Stage = "signature"
)

// OrderStages are what a photo of an order can show.
var OrderStages = []Stage{Before, After}

// Most pictures, so that nobody fills the database by holding a button.
const (
	MaxPhotos  = 40 // of one ticket with its orders
	MaxAtOnce  = 10 // in one form
	MaxRequest = 40 << 20

	PhotosTake = time.Minute // several large ones are opened one after the other
)

// Picture hangs on a ticket or on one of its orders. It goes with what is personal in its ticket (PRIVACY-5).
type Picture struct {
	bun.BaseModel `bun:"table:pictures,alias:x"`

	ID       int64     `bun:"id,pk,autoincrement"`
	SiteID   int64     `bun:"site_id"`
	TicketID int64     `bun:"ticket_id"`
	OrderID  int64     `bun:"order_id,nullzero"` // 0: the ticket's own
	FileID   int64     `bun:"file_id"`
	Stage    Stage     `bun:"stage"`
	Sum      []byte    `bun:"sum"` // SHA-256 of what came in
	ByID     int64     `bun:"by_id,nullzero"`
	At       time.Time `bun:"at"`

	ByName string `bun:"by_name,scanonly"`
	Width  int    `bun:"width,scanonly"`
	Height int    `bun:"height,scanonly"`
}

// PhotosOf says on what photos go: an order, or without one a ticket.
type PhotosOf struct {
	Ticket, Order int64
	Stage         Stage // of an order: one of OrderStages
}

// stands tells whether a picture is one of these, by the sum of what came in.
func (of PhotosOf) stands(list []Picture, sum []byte) bool {
	return slices.ContainsFunc(list, func(p Picture) bool {
		return p.OrderID == of.Order && p.Stage == of.Stage && slices.Equal(p.Sum, sum)
	})
}

// PicturesOf are those of an order, or with 0 the ticket's own, in the order in which they came.
func PicturesOf(list []Picture, order int64) []Picture {
	return slices.DeleteFunc(slices.Clone(list), func(p Picture) bool { return p.OrderID != order })
}

// MayRemove tells whether somebody may take a photo away again: who put it there, or who reassigns tickets. A signature
// stays.
func (p *Picture) MayRemove(person int64, reassigns bool) bool {
	return p.Stage != Signed && (reassigns || p.ByID != 0 && p.ByID == person)
}
