package ticket

import (
	"context"
	"strconv"
	"time"

	"lobby/views/locale"
	"lobby/views/part"
)

// Picture is one picture in a list.
type Picture struct {
	ID            int64
	Stage         string
	Order         string // number of its order; empty: the ticket's own
	By            string
	At            time.Time
	Width, Height int
	Removable     bool // who looks may take it away
}

func (p Picture) href() string  { return "/pictures/" + strconv.FormatInt(p.ID, 10) }
func (p Picture) small() string { return p.href() + "/small" }

// width and height of the small form, so that the page doesn't jump when it comes.
func (p Picture) width() string { return strconv.Itoa(p.side(p.Width)) }

func (p Picture) height() string { return strconv.Itoa(p.side(p.Height)) }

func (p Picture) side(n int) int {
	const small = 320
	return max(1, n*small/max(p.Width, p.Height, small))
}

// group are the pictures of one stage.
type group struct {
	Stage string
	List  []Picture
}

func groups(list []Picture) []group {
	var out []group
	for _, stage := range []string{"report", "before", "after", "signature"} {
		g := group{Stage: stage}
		for _, p := range list {
			if p.Stage == stage {
				g.List = append(g.List, p)
			}
		}
		if len(g.List) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// photos leaves signatures out, which stand at their line.
func photos(list []Picture) []Picture {
	var out []Picture
	for _, p := range list {
		if p.Stage != "signature" {
			out = append(out, p)
		}
	}
	return out
}

// signatures are the pictures at the line to sign on.
func signatures(list []Picture) []Picture {
	var out []Picture
	for _, p := range list {
		if p.Stage == "signature" {
			out = append(out, p)
		}
	}
	return out
}

// PhotoInput is where photos are chosen.
type PhotoInput struct {
	Action  string // to which photos are sent alone, at once; empty: they go with their form
	Stage   string
	Stages  []part.Option // to choose from; none where there is one only
	Error   string
	AtOnce  int // at most
	MaxSize int // megabytes of one
	MaxSum  int // megabytes of all that go with a form
}

// photosWrong tells whether something is said about the photos.
func (f Form) photosWrong() bool { return f.Photos != nil && f.Photos.Error != "" }

// labelled is the field as the head of a page names what is wrong with it.
func (i PhotoInput) labelled(ctx context.Context) part.Input {
	return part.Input{Name: "photos", Label: locale.T(ctx, "ticket.photo.title"), Error: i.Error}
}

// PhotosPage is the page of a ticket's photos.
type PhotosPage struct {
	Number  string
	Href    string // of the ticket
	Message string
	List    []Picture
	Input   *PhotoInput // nil where nothing can be added any more
}

// Said is what is wrong with the photos that came.
func (p PhotosPage) Said() string {
	if p.Input != nil && p.Input.Error != "" {
		return p.Input.Error
	}
	return p.Message
}

func sizeText(n int) string { return strconv.Itoa(n) }
