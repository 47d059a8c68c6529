package pictures_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/orders"
	"lobby/app/ticket/pictures"
)

// spot is a site with a technician and an order at work, over real HTTP.
type spot struct {
	t                  *testing.T
	db                 *bun.DB
	log                *bytes.Buffer
	tech, desk, nobody *webtest.Client
	order, ticket      string // their addresses
}

func setup(t *testing.T) *spot {
	t.Helper()
	db := dbtest.New(t)
	now := func() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }
	s := &spot{t: t, db: db, log: &bytes.Buffer{}}
	svc := &ticket.Service{DB: db, Vault: piitest.Vault(t), Sites: site.NewDirectory(db), Now: now}
	people, who := webtest.NewPeople(), map[staff.Role]actor.Actor{}
	var here int64
	s.scan(&here, `insert into sites (code, name) values ('garden', '滨河花园') returning id`)
	for _, role := range []staff.Role{staff.Technician, staff.Agent, staff.Cashier, staff.Supervisor} {
		a := actor.Actor{Kind: actor.Person, Name: string(role), Site: here, May: staff.May(role)}
		s.scan(&a.ID, `with p as (insert into staff (login, name, password_hash) values (?0, ?0, '') returning id)
			insert into staff_roles (staff_id, site_id, role) select id, ?1, ?0 from p returning staff_id`, string(role), here)
		who[role] = a
	}
	cfg := people.Config()
	cfg.Now, cfg.Uploads, cfg.Log = now, ticket.Uploads, slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	app := web.New(cfg)
	(&pictures.Pages{Service: svc}).Routes(app)
	(&ticket.Pages{Service: svc}).Routes(app)
	(&orders.Pages{Service: svc}).Routes(app)
	s.nobody = webtest.New(t, app)
	s.tech, s.desk = s.nobody.Another().As(people, who[staff.Technician]), s.nobody.Another().As(people, who[staff.Agent])
	repair, err := svc.SaveDepartment(actor.With(t.Context(), who[staff.Supervisor]), ticket.SaveDepartment{Code: "repair", Name: "工程部", Head: who[staff.Technician].ID})
	if err != nil {
		t.Fatal(err)
	}
	made, err := svc.Register(actor.With(t.Context(), who[staff.Agent]), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "大堂", Matter: "漏水", Phone: "13812345678",
		Channel: "phone", Classify: true, Then: ticket.Dispatch, Instructions: []ticket.Instruction{{Department: repair}}})
	if err != nil {
		t.Fatal(err)
	}
	s.ticket = fmt.Sprintf("/desk/tickets/%d", made.ID)
	var order int64
	s.scan(&order, `select id from orders where ticket_id = ?`, made.ID)
	s.order = fmt.Sprintf("/orders/%d", order)
	for verb, form := range map[string]url.Values{"order_accept": nil} {
		s.tech.Post(s.order+"/"+verb, form).Want(http.StatusSeeOther)
	}
	s.tech.Post(s.order+"/order_start", url.Values{"rang": {"reached"}}).Want(http.StatusSeeOther)
	return s
}

func (s *spot) scan(into any, query string, args ...any) {
	s.t.Helper()
	if err := s.db.NewRaw(query, args...).Scan(context.Background(), into); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
}

func (s *spot) count(query string) (n int) {
	s.t.Helper()
	s.scan(&n, query)
	return n
}

// send posts a form with photos, as a browser does.
func (s *spot) send(c *webtest.Client, path string, fields url.Values, photos ...[]byte) *webtest.Page {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for i, raw := range photos {
		part, err := w.CreateFormFile("photos", fmt.Sprintf("secret-name-%d.jpg", i))
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := part.Write(raw); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	r := c.Request(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.Do(r)
}

func photo(t *testing.T, side int, shade byte) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = shade + byte(i%7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func ink(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 300, 100))
	for x := 20; x < 250; x++ {
		img.Set(x, 50, color.Black)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestPhotosOverHTTP(t *testing.T) {
	t.Parallel()
	s := setup(t)
	work := url.Values{"work_kind": {"repair"}, "done": {"换了阀芯"}, "stage": {"after"}}
	t.Run("TICKET-12 without script photos go by a button of the work record's form, and what is typed there stays", func(t *testing.T) {
		large := append(photo(t, 1200, 1), bytes.Repeat([]byte("x"), 300<<10)...) // more than any other form may have
		page := s.send(s.tech, s.order+"/photos", work, large, photo(t, 40, 90)).Want(http.StatusOK)
		page.WantText("换了阀芯")
		if len(page.All("#pictures img")) != 2 {
			t.Errorf("%d photos", len(page.All("#pictures img")))
		}
		s.send(s.tech, s.order+"/photos", work, large).Want(http.StatusOK) // sent again
		if n := s.count(`select count(*) from pictures where stage = 'after'`); n != 2 {
			t.Errorf("%d photos", n)
		}
	})
	t.Run("what is wrong with a photo is said at its field, those that are right stay, and the step isn't taken", func(t *testing.T) {
		work.Set("result", "不漏了")
		page := s.send(s.tech, s.order+"/done", work, photo(t, 50, 30), []byte("<svg><script>alert(1)</script></svg>")).Want(http.StatusUnprocessableEntity)
		page.WantText("第 2 个文件不是照片", "换了阀芯").WantNo("alert(1)")
		if len(page.All("#f-photos.wrong")) != 1 || s.count(`select count(*) from pictures`) != 3 || s.count(`select count(*) from orders where state = 'in_progress'`) != 1 {
			t.Error("the right one is gone, or the order went on")
		}
		work.Set("signature", "data:image/png;base64,%%%")
		s.send(s.tech, s.order+"/done", work).Want(http.StatusUnprocessableEntity).One("#f-signature.wrong")
		work.Set("signature", "javascript:alert(1)")
		s.send(s.tech, s.order+"/done", work).Want(http.StatusUnprocessableEntity).WantNo("javascript:")
	})
	t.Run("the script gets the gallery back, with what is wrong in words", func(t *testing.T) {
		r := s.tech.Another()
		r.SetCookie(web.SessionCookie, s.tech.Cookie(web.SessionCookie))
		page := r.HTMX(s.order+"/photos", url.Values{"stage": {"nowhere"}})
		if page.Status != http.StatusOK || len(page.All("html")) > 1 || len(page.All("#pictures")) != 1 {
			t.Errorf("%d %s", page.Status, page.Body)
		}
	})
	t.Run("a picture is served as what it is, to who may see it, and to nobody else", func(t *testing.T) {
		var id int64
		s.scan(&id, `select min(id) from pictures`)
		for _, path := range []string{fmt.Sprintf("/pictures/%d", id), fmt.Sprintf("/pictures/%d/small", id)} {
			got := s.desk.Get(path).Want(http.StatusOK)
			for name, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=600",
				"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Content-Disposition": fmt.Sprintf(`inline; filename="%d.jpg"`, id),
				"Cross-Origin-Resource-Policy": "same-origin"} {
				if got.Header.Get(name) != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got.Header.Get(name), want)
				}
			}
			if _, err := jpeg.Decode(strings.NewReader(got.Body)); err != nil {
				t.Error(err)
			}
			s.nobody.Get(path).Want(http.StatusUnauthorized)
		}
		s.desk.Get("/pictures/999999").Want(http.StatusNotFound)
		s.desk.Get("/pictures/x").Want(http.StatusNotFound)
		s.desk.Post(fmt.Sprintf("/pictures/%d/remove", id), nil).Want(http.StatusConflict).WantText("technician")
		s.tech.Post(fmt.Sprintf("/pictures/%d/remove", id), nil).Want(http.StatusSeeOther).WantLocation(s.order)
		s.desk.Get(fmt.Sprintf("/pictures/%d", id)).Want(http.StatusNotFound)
	})
	t.Run("TICKET-5 the signature stands in the history of order and ticket, and at its line on paper; a name isn't needed then", func(t *testing.T) {
		work.Set("signature", ink(t))
		for range 2 {
			s.send(s.tech, s.order+"/done", work, photo(t, 60, 70)).Want(http.StatusSeeOther)
		}
		if s.count(`select count(*) from pictures where stage = 'signature'`) != 1 || s.count(`select count(*) from work_records`) != 1 {
			t.Error("not once")
		}
		for _, path := range []string{s.order, s.ticket} {
			if len(s.desk.Get(path).Want(http.StatusOK).All(".timeline .signed img")) != 1 {
				t.Errorf("%s doesn't show it", path)
			}
		}
		if len(s.desk.Get(s.order+"/print").All(".signs img.sign")) != 1 || len(s.desk.Get(s.order+"/print").All(".attached img")) != 0 || len(s.desk.Get(s.order+"/print?photos=1").All(".attached img")) != 3 {
			t.Error("the paper is wrong")
		}
		s.desk.Post(s.order+"/feed_back", nil).Want(http.StatusSeeOther)
		s.desk.Post(s.ticket+"/resolve", url.Values{"remark": {"换了阀芯"}}).Want(http.StatusSeeOther)
		s.desk.Get(s.ticket).WantText("已在服务单上签名")
		s.desk.Post(s.ticket+"/verify", nil).Want(http.StatusSeeOther)
	})
	t.Run("PRIVACY-2 the log says nothing of what was sent", func(t *testing.T) {
		for _, forbidden := range []string{"secret-name", "换了阀芯", "13812345678", "alert"} {
			if strings.Contains(s.log.String(), forbidden) {
				t.Errorf("%q is in the log", forbidden)
			}
		}
	})
}

func TestEntryWithPhotos(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, form := s.desk.Get("/desk/tickets/new").Want(http.StatusOK).Form("form.class")
	form.Set("place", "18#2单元301")
	form.Set("then", "later")
	t.Run("ORG-3 a ticket is registered whatever is wrong with its photos, which is said on their page", func(t *testing.T) {
		s.send(s.desk, "/desk/tickets", form, photo(t, 40, 1)).Want(http.StatusUnprocessableEntity).WantText("请重新选择照片")
		form.Set("matter", "墙面渗水")
		page := s.send(s.desk, "/desk/tickets", form, photo(t, 40, 1), []byte("no photo")).Want(http.StatusUnprocessableEntity)
		page.WantText("第 2 个文件不是照片")
		if len(page.All("#pictures img")) != 1 || s.count(`select count(*) from tickets`) != 2 {
			t.Error("it isn't registered, or the right one is gone")
		}
		to := s.send(s.desk, "/desk/tickets", form, photo(t, 40, 1)).Want(http.StatusSeeOther).Header.Get("Location") // sent again
		if s.count(`select count(*) from tickets`) != 2 || s.count(`select count(*) from pictures where stage = 'report'`) != 1 {
			t.Error("entered twice")
		}
		if len(s.desk.Get(to).Want(http.StatusOK).WantText("报事时").All("#pictures img")) != 1 {
			t.Error("the ticket doesn't show it")
		}
		s.send(s.desk, to+"/photos", nil, photo(t, 40, 200)).Want(http.StatusSeeOther).WantLocation(to)
		s.send(s.desk, to+"/photos", nil, []byte("GIF89a")).Want(http.StatusUnprocessableEntity).One("#f-photos.wrong")
		s.send(s.tech, to+"/photos", nil, photo(t, 40, 100)).Want(http.StatusSeeOther)
	})
	t.Run("only the forms with photos may be large, and only so large", func(t *testing.T) {
		s.send(s.tech, s.order+"/photos", url.Values{"stage": {"before"}}, bytes.Repeat([]byte("x"), 300<<10)).Want(http.StatusUnprocessableEntity)
		large := bytes.Repeat([]byte("x"), 2*web.BodyLimit) // too large for a form, and still read to its end: who is answered before that may not hear it
		s.send(s.tech, s.order+"/order_remark", nil, large).Want(http.StatusRequestEntityTooLarge)
		s.send(s.tech, s.order+"x/photos", nil, large).Want(http.StatusRequestEntityTooLarge)
		s.send(s.nobody, s.order+"/photos", nil, large).Want(http.StatusUnauthorized)
	})
}
