package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/app/staff"
	"lobby/views/locale"
)

// RegisterKind is a register that staff know on paper (FORM-1). All of them are views over tickets (TICKET-9).
type RegisterKind string

// The registers.
const (
	Reception        RegisterKind = "reception" // 接待业主情况记录
	Matters          RegisterKind = "matters"   // 商户投诉、求助登记表: complaints and requests for help
	CallbackRegister RegisterKind = "callbacks" // 客户回访登记表
)

// RegisterKinds lists them in the order of the page.
var RegisterKinds = []RegisterKind{Reception, Matters, CallbackRegister}

// Kinds are the kinds of tickets (TICKET-2) that a register has.
func (k RegisterKind) Kinds() []string {
	if k == Matters {
		return []string{"complaint", "help"}
	}
	return []string{"repair", "complaint", "inquiry", "help", "suggestion", "activity", "other"}
}

// States are what its lines can be narrowed to: how a ticket stands, or what came of a call.
func (k RegisterKind) States() []string {
	if k == CallbackRegister {
		return []string{"satisfied", "reopened", "again"}
	}
	return []string{"open", "over", "late"}
}

const (
	registerPage = 50    // lines on one page of the screen
	printMost    = 1000  // lines of one print: forty pages
	exportMost   = 50000 // lines of one file
	maxText      = 60
)

// RegisterFilter narrows a register. What isn't set narrows nothing.
type RegisterFilter struct {
	Query           // the days
	Zone     int64  // of the household
	Of       string // one of Kinds
	Person   int64  // who works on it; of a call: who made it
	State    string // one of States
	Reviewed string // yes or no (REVIEW-1)
	Text     string // a phone, the number of a ticket, or the beginning of a place: personal, so that it stands in no address
	Older    string // only what comes after this place, as Listing.Older gives it
	Newer    string // only what comes before it
}

// Listing is one page of a register, the newest first.
type Listing struct {
	Name         string // of the form, in the reader's words
	Table        *table.Table
	Tickets      []int64 // of each line
	Older, Newer string  // where the next and the previous page begin; empty where there is none
	From, To     time.Time
}

// Register gives one page of a register, masked (PRIVACY-2); that somebody looked is on record (PRIVACY-4).
func (s *Service) Register(ctx context.Context, k RegisterKind, f RegisterFilter) (*Listing, error) {
	return s.register(ctx, k, f, "screen", registerPage)
}

// WholeRegister gives all lines of a register in the order in which they came in: for print as what staff know on paper, or
// for a file ("xlsx", "csv"). The error is Invalid where it would be more than such a one can hold.
func (s *Service) WholeRegister(ctx context.Context, k RegisterKind, f RegisterFilter, as string) (*Listing, error) {
	f.Older, f.Newer = "", ""
	if as == "print" {
		return s.register(ctx, k, f, as, printMost)
	}
	return s.register(ctx, k, f, as, exportMost)
}

func (s *Service) register(ctx context.Context, k RegisterKind, f RegisterFilter, as string, most int) (*Listing, error) {
	a, err := actor.Require(ctx, staff.ViewRegisters)
	if err != nil {
		return nil, err
	}
	at, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	p, err := f.period(at, s.Now())
	if err != nil {
		return nil, err
	}
	var wrong fault.Fields
	f.Text = wrong.Line("text", f.Text, maxText, false)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if !slices.Contains(k.Kinds(), f.Of) {
		f.Of = ""
	}
	ctx = locale.WithZone(ctx, at.Location())
	reason := p.from.Format(time.DateOnly) + "/" + p.last().Format(time.DateOnly) + ", " + as
	if f.Text != "" {
		reason += ", searched"
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "report." + string(k) + ".register", Subject: "sites", ID: at.ID, Reason: reason})
	})
	if err != nil {
		return nil, err
	}
	lines, err := db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) ([]registerLine, error) {
		return s.lines(ctx, tx, p, k, f, as == "screen", most+1)
	})
	if err != nil {
		return nil, err
	}
	if as != "screen" && len(lines) > most {
		wrong.Add("from", "report.error.lines", fault.Args{"Max": most})
		return nil, wrong.Err()
	}
	l := &Listing{Name: p.formName(ctx, k), From: p.from, To: p.last()}
	lines = l.cut(lines, f, most)
	l.Table, err = s.registerTable(ctx, p, k, l.Name, lines)
	return l, err
}

// cut keeps the lines of a page, and says where the pages beside it begin.
func (l *Listing) cut(lines []registerLine, f RegisterFilter, most int) []registerLine {
	more := len(lines) > most
	if more {
		lines = lines[:most]
	}
	back := f.Newer != ""
	if back {
		slices.Reverse(lines)
	}
	for _, line := range lines {
		l.Tickets = append(l.Tickets, line.Ticket)
	}
	if len(lines) == 0 {
		return lines
	}
	if more || back {
		l.Older = lines[len(lines)-1].place()
	}
	if f.Older != "" || back && more {
		l.Newer = lines[0].place()
	}
	return lines
}

// place is where a line stands, for the address of a page: nothing personal.
func (l registerLine) place() string { return fmt.Sprintf("%d-%d", l.At.UnixMicro(), l.ID) }

// placed reads it back; what is none is no place.
func placed(text string) (at time.Time, id int64, ok bool) {
	micro, number, found := strings.Cut(text, "-")
	n, err := strconv.ParseInt(micro, 10, 64)
	id, err2 := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || err2 != nil || n < 0 || n > 1<<52 {
		return at, 0, false
	}
	return time.UnixMicro(n), id, true
}

// formName is what a register is called on paper; of one of them the site says which of its two names (FORM-1).
func (p period) formName(ctx context.Context, k RegisterKind) string {
	if k == Matters {
		return locale.T(ctx, "report.form.matters_"+p.site.Settings.MattersTitle)
	}
	return locale.T(ctx, "report.form."+string(k))
}

// FormName is what a register is called at the actor's site.
func (s *Service) FormName(ctx context.Context, k RegisterKind) (string, error) {
	at, err := s.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return "", err
	}
	return period{site: at}.formName(ctx, k), nil
}

// allOf is a whole register as a report on the command line.
func (s *Service) allOf(ctx context.Context, k RegisterKind, q Query) ([]*table.Table, error) {
	l, err := s.WholeRegister(ctx, k, RegisterFilter{Query: q}, "file")
	if err != nil {
		return nil, err
	}
	return []*table.Table{l.Table}, nil
}

// phone is a sealed phone, masked; nil where there is none.
func (s *Service) phone(sealed []byte) (any, error) { return s.masked(pii.Phone, sealed) }
