package ticket

import (
	"context"
	"strings"
	"time"

	"lobby/views/locale"
)

// when is a moment on paper; a line to write on where it hasn't come yet.
func when(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return locale.Moment(ctx, at)
}

// lines puts something of each record on a line of its own.
func lines(list []Record, of func(Record) string) string {
	var out []string
	for _, r := range list {
		if text := of(r); text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, "\n")
}

// Paper is a ticket as a form; names and numbers are hidden already.
type Paper struct {
	ID           int64
	Kind, Number string
	Facts        []PaperFact
	Matter       string
	Handled      []string // orders and what was told, line by line
	Result       string
	State        string
	Confirmed    string // the customer who confirmed
	Printed      time.Time
}

// PaperFact is one box of the form.
type PaperFact struct{ Name, Text string }

func (p Paper) href() string { return Row{ID: p.ID}.href() }

// pairs are the boxes two by two.
func (p Paper) pairs() (out [][]PaperFact) {
	for i := 0; i+1 < len(p.Facts); i += 2 {
		out = append(out, p.Facts[i:i+2])
	}
	return out
}
