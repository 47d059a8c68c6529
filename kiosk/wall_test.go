package kiosk_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/kit/live"
	"lobby/app/kit/pii/piitest"
	"lobby/app/ticket"
)

func TestWallPage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	i := h.Start(t)
	token, _ := h.Device(t, h.app, h.here.ID, "wall")
	wall := boottest.Screen(t, i.URL(), token)

	// In the opposite order of work.
	for _, in := range []struct {
		place, urgency, kind string
		life                 bool
	}{
		{"8", "C", "repair", false}, {"7", "B", "inquiry", false}, {"6", "B", "other", false}, {"5", "B", "complaint", false},
		{"4", "A", "inquiry", false}, {"3", "A", "repair", false}, {"2", "A", "help", true},
	} {
		h.report(func(r *ticket.Register) {
			r.Place, r.Urgency, r.Kind, r.LifeSafety = "place-"+in.place, in.urgency, in.kind, in.life
			if in.place == "7" {
				r.Matter = "请打电话 " + piitest.Canary.Phone
			}
		})
	}
	taken := h.report(func(r *ticket.Register) { r.Place, r.Urgency = "place-taken", "A" })
	h.bring(taken, ticket.InHand)
	h.arrive()
	page := wall.Get("/wall").Want(200)

	t.Run("TICKET-3 the wall is in the order of work", func(t *testing.T) {
		lane := between(page.Body, `id="lane-registered"`, `</section>`)
		got := regexp.MustCompile(`place-(\w+)`).FindAllStringSubmatch(lane, -1)
		var places []string
		for _, m := range got {
			places = append(places, m[1])
		}
		if want := []string{"2", "3", "4", "5", "6", "7", "8"}; !slices.Equal(places, want) {
			t.Errorf("%v, want %v", places, want)
		}
		sorts := regexp.MustCompile(`data-sort="([^"]+)"`).FindAllStringSubmatch(lane, -1)
		if !slices.IsSortedFunc(sorts, func(a, b []string) int { return strings.Compare(a[1], b[1]) }) {
			t.Errorf("sort keys: %v", sorts)
		}
	})
	t.Run("HELP-3 urgency A sounds until somebody takes it", func(t *testing.T) {
		if n := strings.Count(between(page.Body, `id="lane-registered"`, `</section>`), "data-alarm"); n != 3 {
			t.Errorf("%d alarms, want 3", n)
		}
		if n := strings.Count(between(page.Body, `id="lane-in_hand"`, `</section>`), "data-alarm"); n != 0 {
			t.Error("what is taken still sounds")
		}
	})
	t.Run("PRIVACY-2 the wall shows no name and no phone whole", func(t *testing.T) {
		page.WantText("请打电话 ****")
		page.WantNo(private...)
	})
	t.Run("VISIT-6 who is in the building is counted", func(t *testing.T) {
		page.WantText("共 3 人")
		if !strings.Contains(page.Body, `id="count-guests" value="1"`) {
			t.Error("the count of visits is missing")
		}
	})
	t.Run("position and state are of one moment", func(t *testing.T) {
		at, err := live.Head(t.Context(), h.app.DB, live.Site(h.here.ID))
		if err != nil {
			t.Fatal(err)
		}
		page.WantNo(`style="`, "<script>")
		if want := fmt.Sprintf(`data-seq="%d"`, at.Seq); !strings.Contains(page.Body, want) || at.Seq < 9 {
			t.Errorf("%s is missing", want)
		}
	})
	t.Run("walls that load one after the other share what they show, until something happens", func(t *testing.T) {
		if _, err := h.app.DB.NewRaw(`update tickets set place = 'place-unsaid' where id = ?`, taken.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		wall.Get("/wall").Want(200).WantText("place-taken").WantNo("place-unsaid")
		h.report(func(r *ticket.Register) { r.Place = "place-new" })
		wall.Get("/wall").Want(200).WantText("place-new", "place-unsaid")
	})
	t.Run("who is no wall is led to pairing or refused", func(t *testing.T) {
		boottest.Browser(t, i.URL()).Get("/wall").WantLocation("/pair")
		other, _ := h.Device(t, h.app, h.here.ID, "display")
		boottest.Screen(t, i.URL(), other).Get("/wall").Want(403)
		elsewhere := h.Site(t, h.app, "elsewhere")
		foreign, _ := h.Device(t, h.app, elsewhere.ID, "wall")
		if _, err := h.app.DB.NewRaw(`insert into topics (name, epoch, head) select ?, epoch, head from topics where name = ?
			on conflict (name) do update set epoch = excluded.epoch, head = excluded.head`, // two sites where as much has happened
			live.Site(elsewhere.ID), live.Site(h.here.ID)).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		wall.Get("/wall").Want(200).WantText("place-2")
		boottest.Screen(t, i.URL(), foreign).Get("/wall").Want(200).WantNo("place-2", "请打电话")
	})
}

// between is the part of a text from one mark to the next other one.
func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	part, _, _ := strings.Cut(rest, to)
	return part
}
