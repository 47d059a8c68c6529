package ticket_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
)

// photo is one of a colour of its own.
func photo(t *testing.T, shade byte) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ink is a signature as a page sends it.
func ink(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 300, 100))
	for x := 20; x < 250; x++ {
		img.Set(x, 50, color.Black)
		img.Set(x, 51, color.Black)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// add puts photos on an order, of how it was found.
func (w *workshop) add(ctx context.Context, order int64, raws ...[]byte) error {
	return w.svc.AddPhotos(ctx, ticket.PhotosOf{Order: order, Stage: ticket.Before}, raws)
}

func (w *workshop) pictures(id int64) []ticket.Picture {
	w.t.Helper()
	list, err := w.svc.Pictures(w.as(staff.Agent), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func wantKey(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Key != key && (len(f.Fields) == 0 || f.Fields[0].Key != key) {
		t.Errorf("%v, want %s", err, key)
	}
}

func TestPhotos(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-12 photos of before and after the work are kept with order and ticket, each once however often it is sent", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		tech := w.as(staff.Technician)
		one, two := photo(t, 10), photo(t, 200)
		var wg sync.WaitGroup
		for i := range 4 { // a request sent again while the first is still on its way, over two instances
			wg.Go(func() {
				svc := []*ticket.Service{w.svc, w.another()}[i%2]
				if err := svc.AddPhotos(tech, ticket.PhotosOf{Order: list[0].ID, Stage: ticket.Before}, [][]byte{one, two, one}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := w.svc.AddPhotos(tech, ticket.PhotosOf{Order: list[0].ID, Stage: ticket.After}, [][]byte{one}); err != nil {
			t.Error(err)
		}
		if err := w.svc.AddPhotos(w.as(staff.Receptionist), ticket.PhotosOf{Ticket: made.ID}, [][]byte{one}); err != nil {
			t.Error(err)
		}
		got := w.pictures(made.ID)
		if len(got) != 4 || w.count(`select count(*) from files`) != 4 || w.count(`select count(*) from audit_log where verb = 'picture.add'`) != 4 {
			t.Fatalf("%d pictures, %d files", len(got), w.count(`select count(*) from files`))
		}
		if got[2].Stage != ticket.After || got[3].Stage != ticket.Reported || got[3].OrderID != 0 || got[0].OrderID != list[0].ID || got[0].ByName != w.people[staff.Technician].Name {
			t.Errorf("%+v", got)
		}
		for _, small := range []bool{false, true} {
			f, err := w.svc.Picture(w.as(staff.Agent), got[0].ID, small)
			if err != nil || f.Mime != "image/jpeg" || small != (len(f.Small) > 0) || small != (len(f.Bytes) == 0) {
				t.Errorf("small %v: %v", small, err)
			}
		}
	})
	t.Run("a photo that is none is named by its place, and those that are right are kept all the same", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		err := w.add(w.as(staff.Technician), list[0].ID, photo(t, 10), []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), photo(t, 20)[:50])
		wantKey(t, err, fault.Invalid, "ticket.photo.format")
		if f, _ := fault.As(err); len(f.Fields) != 2 || f.Fields[0].Args["N"] != 2 || f.Fields[1].Key != "ticket.photo.broken" || len(w.pictures(made.ID)) != 1 {
			t.Errorf("%+v", f.Fields)
		}
		wantKey(t, w.add(w.as(staff.Technician), list[0].ID, make([][]byte, ticket.MaxAtOnce+1)...), fault.Invalid, "ticket.photo.at_once")
		err = w.svc.AddPhotos(w.as(staff.Technician), ticket.PhotosOf{Order: list[0].ID, Stage: ticket.Signed}, [][]byte{photo(t, 1)})
		wantKey(t, err, fault.Invalid, "ticket.field.choice")
	})
	t.Run("a ticket takes so many photos and no more", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		if _, err := w.db.NewRaw(`with f as (insert into files (site_id, mime, width, height, bytes, small, created_at)
				select ?0, 'image/jpeg', 1, 1, 'x', 'x', now() from generate_series(1, ?3) returning id)
			insert into pictures (site_id, ticket_id, order_id, file_id, stage, sum, at) select ?0, ?1, ?2, id, 'before', sha256(id::text::bytea), now() from f`,
			w.site, made.ID, list[0].ID, ticket.MaxPhotos-1).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantKey(t, w.add(w.as(staff.Technician), list[0].ID, photo(t, 1), photo(t, 90)), fault.Invalid, "ticket.photo.full")
		if err := w.add(w.as(staff.Technician), list[0].ID, photo(t, 1)); err != nil {
			t.Error(err)
		}
	})
	t.Run("photos are for who works on the order, seen by who sees the ticket, and another site has none of them", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		raw := photo(t, 10)
		for who, want := range map[staff.Role]fault.Kind{staff.Guard: fault.Conflict, staff.Cashier: fault.Forbidden, staff.Receptionist: fault.Forbidden} {
			if err := w.add(w.as(who), list[0].ID, raw); !fault.Is(err, want) {
				t.Errorf("%s: %v", who, err)
			}
		}
		if err := w.add(w.as(staff.Technician), list[0].ID, raw); err != nil {
			t.Fatal(err)
		}
		id := w.pictures(made.ID)[0].ID
		stranger := w.people[staff.Manager]
		stranger.Site = w.other
		if _, err := w.svc.Picture(w.by(stranger), id, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("another site looks: %v", err)
		}
		if _, err := w.svc.RemovePhoto(w.by(stranger), id); !fault.Is(err, fault.NotFound) {
			t.Errorf("another site removes: %v", err)
		}
		if err := w.svc.AddPhotos(w.by(stranger), ticket.PhotosOf{Ticket: made.ID}, [][]byte{raw}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another site adds: %v", err)
		}
		if list, err := w.svc.Pictures(w.by(stranger), made.ID); err != nil || len(list) != 0 {
			t.Errorf("another site lists %d, %v", len(list), err)
		}
		for _, who := range []actor.Actor{w.people[staff.Admin], {}, w.kiosk()} {
			if _, err := w.svc.Picture(w.by(who), id, false); err == nil {
				t.Errorf("%s looks", who.Name)
			}
		}
	})
	t.Run("a photo is taken away by who added it or the supervisor, while somebody still works on it; when work is over none comes or goes", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		tech := w.as(staff.Technician)
		if err := w.add(tech, list[0].ID, photo(t, 10), photo(t, 100), photo(t, 200)); err != nil {
			t.Fatal(err)
		}
		ids := w.pictures(made.ID)
		_, err := w.svc.RemovePhoto(w.as(staff.Agent), ids[0].ID)
		wantKey(t, err, fault.Conflict, "ticket.photo.not_yours")
		for i, who := range []staff.Role{staff.Technician, staff.Supervisor} {
			if of, err := w.svc.RemovePhoto(w.as(who), ids[i].ID); err != nil || of.Order != list[0].ID {
				t.Errorf("%s: %v", who, err)
			}
		}
		if w.count(`select count(*) from files`) != 1 || w.count(`select count(*) from audit_log where verb = 'picture.remove'`) != 2 {
			t.Error("the pictures are not gone, or not on record")
		}
		for _, v := range orderPath[ticket.OrderDone] {
			w.doOrder(tech, list[0].ID, v)
		}
		if err := w.svc.AddPhotos(tech, ticket.PhotosOf{Order: list[0].ID, Stage: ticket.After}, [][]byte{photo(t, 50)}); err != nil {
			t.Errorf("right after the work: %v", err)
		}
		w.doOrder(w.as(staff.Agent), list[0].ID, ticket.FeedBackOrder)
		wantKey(t, w.add(tech, list[0].ID, photo(t, 60)), fault.Conflict, "order.refused.fed_back")
		if err := w.add(tech, list[0].ID, photo(t, 200)); err != nil {
			t.Errorf("one that stands, sent again: %v", err)
		}
		_, err = w.svc.RemovePhoto(tech, ids[2].ID)
		wantKey(t, err, fault.Conflict, "order.refused.fed_back")
		w.do(w.as(staff.Manager), made.ID, ticket.Unsolvable, "说明")
		err = w.svc.AddPhotos(w.as(staff.Agent), ticket.PhotosOf{Ticket: made.ID}, [][]byte{photo(t, 70)})
		wantKey(t, err, fault.Conflict, "ticket.refused.unsolvable")
	})
	t.Run("PRIVACY-5 photos and signatures go with what else is personal in their ticket", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		_, open := w.send(w.repair)
		_, over := w.over()
		if err := w.add(w.as(staff.Technician), open[0].ID, photo(t, 10)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.NewRaw(`with f as (insert into files (site_id, mime, width, height, bytes, small, created_at)
				values (?0, 'image/png', 1, 1, '欧阳太太', '欧阳太太', now()) returning id)
			insert into pictures (site_id, ticket_id, order_id, file_id, stage, sum, at) select ?0, ?1, min(o.id), f.id, 'signature', sha256('x'), now()
			from f, orders o where o.ticket_id = ?1 group by f.id`, w.site, over.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clock.Add(366 * day)
		if n := w.expire(w.svc); n != 1 {
			t.Fatalf("%d expired", n)
		}
		if w.count(`select count(*) from files`) != 1 || w.count(`select count(*) from pictures`) != 1 {
			t.Error("a picture outlived its ticket, or one of an open ticket went")
		}
		err := w.svc.AddPhotos(w.as(staff.Supervisor), ticket.PhotosOf{Ticket: over.ID}, [][]byte{photo(t, 10)})
		wantKey(t, err, fault.Conflict, "ticket.refused.expired")
	})
}

func TestOnTheSpot(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-5 a repair is confirmed by its customer's signature on the spot, until it is opened again; nothing but ink is one", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		tech := w.as(staff.Technician)
		for _, v := range orderPath[ticket.OrderAtWork] {
			w.doOrder(tech, list[0].ID, v)
		}
		done := orderAct("")
		for key, raw := range map[string][]byte{"fault.picture.format": []byte("<svg/>"), "fault.picture.blank": photo(t, 255)} {
			done.Signed = raw
			_, err := w.svc.DoOrder(tech, list[0].ID, ticket.FinishOrder, done)
			wantKey(t, err, fault.Invalid, key)
			wantField(t, err, "signature")
		}
		done.Signed = ink(t)
		for range 2 { // sent again, since the answer was lost
			if _, err := w.svc.DoOrder(tech, list[0].ID, ticket.FinishOrder, done); err != nil {
				t.Fatal(err)
			}
		}
		got := w.pictures(made.ID)
		if len(got) != 1 || got[0].Stage != ticket.Signed || got[0].OrderID != list[0].ID {
			t.Fatalf("%+v", got)
		}
		_, err := w.svc.RemovePhoto(w.as(staff.Supervisor), got[0].ID)
		wantKey(t, err, fault.Conflict, "ticket.photo.not_yours")
		w.clock.Add(time.Minute)
		w.doOrder(w.as(staff.Agent), list[0].ID, ticket.FeedBackOrder)
		w.do(w.as(staff.Agent), made.ID, ticket.Resolve, "换了阀芯")
		if _, err := w.svc.Do(w.as(staff.Agent), made.ID, ticket.Verify, ticket.Act{}); err != nil {
			t.Errorf("signed, and not confirmed: %v", err)
		}
		w.clock.Add(time.Minute)
		w.do(w.as(staff.Agent), made.ID, ticket.Reopen, "又漏了")
		w.do(w.as(staff.Agent), made.ID, ticket.Resolve, "又换了阀芯")
		_, err = w.svc.Do(w.as(staff.Agent), made.ID, ticket.Verify, ticket.Act{})
		wantField(t, err, "customer")
	})
	t.Run("SLA-6 being at the spot is a step of its own, once, with its time; where nobody says it, the work's beginning is", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		if err := w.svc.SetPolicy(w.as(staff.Supervisor), limit.OnSpot(), 0); err != nil {
			t.Fatal(err)
		}
		tech := w.as(staff.Technician)
		for name, verbs := range map[string][]ticket.OrderVerb{"said": {ticket.ArriveOrder, ticket.StartOrder}, "not said": {ticket.StartOrder}} {
			made, list := w.send(w.repair)
			w.clock.Add(10 * time.Minute)
			w.doOrder(tech, list[0].ID, ticket.AcceptOrder)
			w.clock.Add(10 * time.Minute)
			at := w.clock.Now()
			for _, v := range verbs {
				w.doOrder(tech, list[0].ID, v)
				w.clock.Add(30 * time.Minute)
			}
			o, err := w.svc.Order(tech, list[0].ID)
			if said := name == "said"; err != nil || said != o.ArrivedAt.Equal(at) || said == o.ArrivedAt.IsZero() {
				t.Errorf("%s: arrived %s, want %s, %v", name, o.ArrivedAt, at, err)
			}
			if w.count(`select count(*) from ticket_steps where ticket_id = ? and mark like 'response%'`, made.ID) != 0 {
				t.Errorf("%s: twenty minutes are late for half an hour", name)
			}
		}
		made, list := w.send(w.repair)
		w.doOrder(tech, list[0].ID, ticket.AcceptOrder)
		w.clock.Add(31 * time.Minute)
		w.doOrder(tech, list[0].ID, ticket.ArriveOrder)
		if w.count(`select count(*) from ticket_steps where ticket_id = ? and verb = 'overdue'`, made.ID) != 1 {
			t.Error("31 minutes are in time for half an hour")
		}
		_, err := w.svc.DoOrder(w.by(w.mate), list[0].ID, ticket.ArriveOrder, orderAct("y"))
		wantKey(t, err, fault.Conflict, "order.guard.once")
		if _, err := w.svc.DoOrder(tech, list[0].ID, ticket.ArriveOrder, orderAct("x")); err != nil {
			t.Errorf("pressed twice: %v", err)
		}
	})
	t.Run("PRIVACY-2 who does an order may ring its customer before going, on record, and nobody else may by that", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		tech := w.as(staff.Technician)
		_, err := w.svc.Ring(tech, list[0].ID)
		wantKey(t, err, fault.Conflict, "order.guard.ring") // nobody has accepted it
		w.doOrder(tech, list[0].ID, ticket.AcceptOrder)
		phone, err := w.svc.Ring(tech, list[0].ID)
		if err != nil || len(piitest.Found(phone, "13812345678")) == 0 {
			t.Errorf("%q, %v", phone, err)
		}
		if w.count(`select count(*) from audit_log where verb = 'pii.reveal' and subject = 'tickets' and subject_id = ? and fields = '{phone}' and actor_id = ? and reason like '%F261123-%'`,
			made.ID, w.people[staff.Technician].ID) != 1 {
			t.Error("not on record")
		}
		for who, want := range map[string]struct {
			a    actor.Actor
			kind fault.Kind
		}{"a mate": {w.mate, fault.Conflict}, "another department": {w.people[staff.Guard], fault.Conflict}, "the cashier": {w.people[staff.Cashier], fault.Forbidden}} {
			if _, err := w.svc.Ring(w.by(want.a), list[0].ID); !fault.Is(err, want.kind) {
				t.Errorf("%s: %v", who, err)
			}
		}
		stranger := w.people[staff.Technician]
		stranger.Site = w.other
		if _, err := w.svc.Ring(w.by(stranger), list[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another site: %v", err)
		}
		w.doOrder(tech, list[0].ID, ticket.StartOrder)
		w.doOrder(tech, list[0].ID, ticket.FinishOrder)
		_, err = w.svc.Ring(tech, list[0].ID)
		wantKey(t, err, fault.Conflict, "order.guard.ring")
	})
}
