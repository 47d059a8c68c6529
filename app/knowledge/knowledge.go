// Package knowledge holds cases, good ones and hard ones, each made from a ticket and without the persons in it
// (REVIEW-3), to be found when the like comes again.
package knowledge

import (
	"time"

	"github.com/uptrace/bun"
)

// Sorts are the sorts of cases.
var Sorts = []string{"good", "hard"}

// Most characters of each text.
const (
	MaxTitle  = 80
	MaxText   = 1000
	MaxLesson = 500
)

// Case is what one ticket taught.
type Case struct {
	bun.BaseModel `bun:"table:knowledge_cases,alias:k"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SiteID    int64     `bun:"site_id"`
	TicketID  int64     `bun:"ticket_id,nullzero"`
	Sort      string    `bun:"sort"`
	Kind      string    `bun:"kind"` // of the ticket
	Title     string    `bun:"title"`
	Situation string    `bun:"situation"`
	Handling  string    `bun:"handling"`
	Lesson    string    `bun:"lesson"`
	ByID      int64     `bun:"by_id"`
	At        time.Time `bun:"at"`
	Version   int64     `bun:"version"`

	ByName string `bun:"by_name,scanonly"`
	Number string `bun:"number,scanonly"` // of the ticket
}
