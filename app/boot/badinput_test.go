package boot_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/net/html"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/web/webtest"
)

// hostile is what may arrive in any field.
var hostile = map[string]string{
	"nothing":         "",
	"far too much":    strings.Repeat("长", 1000),
	"control":         "a\x07b\x1b[31m",
	"NUL":             "a\x00b",
	"four bytes":      "🚰𠮷👩‍👩‍👧",
	"right to left":   "\u202egnp.exe\u200f\u2066\ufeff水",
	"HTML":            `"'><script>alert(1)</script><img src=x onerror=alert(2)>`,
	"SQL":             `'; drop table visits; --`,
	"templates":       `{{.}} ${7*7} %s%n <%= 1 %>`,
	"broken UTF-8":    "\xff\xfe水",
	"a huge number":   "99999999999999999999",
	"a negative one":  "-1",
	"an infinite one": "1e999",
}

// plain are words that each field takes, by its name.
var plain = map[string]string{
	"name": "王小明", "phone": "13812345678", "host": "李雷", "place": "18#2单元201", "purpose": "visit", "people": "2", "plate": "粤B12345",
	"matter": "厨房水管漏水", "reporter": "王小明", "remark": "换了水管", "reason": "回电确认上门时间", "q": "18-2", "code": "123456",
	"kind": "repair", "danger": "lift", "urgency": "B", "type": "A1", "channel": "phone", "seen": "1", "login": "nobody", "password": "nothing",
}

// attack sends every field of a form every hostile text, the other fields being right, and looks at each answer.
func attack(t *testing.T, browser *webtest.Client, action string, fields url.Values) (sent int) {
	t.Helper()
	for name, value := range plain {
		if fields.Has(name) && fields.Get(name) == "" {
			fields.Set(name, value)
		}
	}
	for field := range fields {
		for kind, text := range hostile {
			form := maps.Clone(fields)
			for _, key := range []string{"entry", "entry_key"} {
				if form.Has(key) {
					form.Set(key, uuid.Must(uuid.NewV7()).String())
				}
			}
			form.Set(field, text)
			answer := browser.Post(action, form)
			sent++
			if answer.Status >= 500 {
				t.Errorf("%s, %s in %s: %d", action, kind, field, answer.Status)
			}
			harmless(t, answer, fmt.Sprintf("%s, %s in %s", action, kind, field))
		}
	}
	return sent
}

// harmless holds an answer to what no answer may have: markup that somebody typed, or our inner workings.
func harmless(t *testing.T, answer *webtest.Page, what string) {
	t.Helper()
	for _, never := range []string{"<script>alert", "<img src=x", "goroutine ", "runtime error", "SQLSTATE", "pgdriver", "bun:", ".go:"} {
		if strings.Contains(answer.Body, never) {
			t.Errorf("%s: the answer has %q", what, never)
		}
	}
}

// forms are the forms of a page that are posted, but for those that would end the test: signing out, shutting out its kiosk.
func forms(page *webtest.Page) (all []*html.Node) {
	for _, form := range page.All("form") {
		action := webtest.Attr(form, "action")
		if strings.EqualFold(webtest.Attr(form, "method"), "post") && !strings.HasPrefix(action, "/logout") && !strings.HasSuffix(action, "/revoke") {
			all = append(all, form)
		}
	}
	return all
}

// hostel is an instance with one site, its records, its desk and its kiosk.
type hostel struct {
	instance    *boot.Instance
	base        string
	desk, kiosk *webtest.Client
	pages       []string // of the desk that have forms
}

func newHostel(t *testing.T) *hostel {
	t.Helper()
	h := boottest.New(t)
	i := h.Start(t)
	here := h.Site(t, i.App, "here")
	own := record(t, i.App, here.ID)
	h.Person(t, i.App, here.ID, "all", append(everything, "admin")...)
	token, _ := h.Device(t, i.App, here.ID, "kiosk")
	s := &hostel{instance: i, base: i.URL(), desk: boottest.Browser(t, i.URL()), kiosk: boottest.Screen(t, i.URL(), token)}
	s.desk.SignIn("all", boottest.Password)
	s.pages = []string{"/desk", "/desk/visits", "/desk/visits/new", "/desk/visits/" + own.visit, "/desk/tickets", "/desk/tickets/new", "/desk/tickets/" + own.ticket, "/account",
		"/orders/" + own.order, "/departments/new", "/departments/" + own.department, "/staff", "/staff/new", "/devices"}
	return s
}

// kioskForms are the kiosk's ends with every field that they know, as if all questions had been answered.
func kioskForms() map[string]url.Values {
	form := func(step string, names ...string) url.Values {
		v := url.Values{"lang": {"zh-CN"}, "go": {"next"}, "step": {step}, "entry": {""}}
		for _, name := range names {
			v.Set(name, "")
		}
		return v
	}
	return map[string]url.Values{
		"/kiosk/visit":  form("4", "place", "host", "name", "phone", "purpose", "people", "plate", "company"),
		"/kiosk/report": form("3", "kind", "danger", "place", "matter", "phone", "name"),
		"/kiosk/leave":  form("1", "code"),
	}
}

// Whatever is typed or sent, in every field of every form of the program: the answer is a page in words, nothing of it
// becomes markup or SQL, and no control character or turned reading direction reaches the database.
func TestBadInputInEveryField(t *testing.T) {
	t.Parallel()
	s := newHostel(t)
	sent := 0
	for _, path := range s.pages {
		for _, form := range forms(s.desk.Get(path).Want(http.StatusOK)) {
			fields := webtest.Fields(form)
			for n := range form.Descendants() { // radios and boxes that nobody has ticked
				if name := webtest.Attr(n, "name"); name != "" && !fields.Has(name) {
					fields.Set(name, "")
				}
			}
			sent += attack(t, s.desk, webtest.Attr(form, "action"), fields)
		}
	}
	guest := boottest.Browser(t, s.base)
	for _, path := range []string{"/login", "/pair"} {
		_, fields := guest.Get(path).Want(http.StatusOK).Form("form")
		sent += attack(t, guest, path, fields)
	}
	sent += attack(t, guest, "/login", url.Values{"login": {""}, "password": {""}, "kept.path": {"/desk"}, "kept.post": {"1"}, "kept.field.name": {"王"}})
	sent += attack(t, s.desk, "/desk/tickets/similar", url.Values{"place": {""}, "phone": {""}})
	for action, fields := range kioskForms() {
		sent += attack(t, s.kiosk, action, fields)
	}
	t.Logf("%d entries", sent)
	if sent < 500 {
		t.Errorf("only %d entries were tried", sent)
	}
	for _, path := range append(s.pages, "/desk/inside", "/wall") {
		page := s.desk.Get(path).Want(http.StatusOK)
		harmless(t, page, path)
		if strings.ContainsAny(page.Body, "\u202e\u2066\u200f\x07\x1b") {
			t.Errorf("%s shows a mark that turns the reading direction, or a control character", path)
		}
	}
	var list strings.Builder // over all its pages: which entries come first is chance
	for n := range 8 {
		list.WriteString(webtest.Text(s.desk.Get(fmt.Sprintf("/desk/tickets?state=all&page=%d", n+1)).Want(http.StatusOK).One("main")))
	}
	for _, text := range []string{"<script>alert(1)</script>", "drop table visits; --", "🚰𠮷👩‍👩‍👧"} {
		if !strings.Contains(list.String(), text) { // it was taken as text, or nothing was shown here
			t.Errorf("%q is in no list", text)
		}
	}
	s.clean(t)
}

// junk is every name that any page reads from its address, with what it is not.
const junk = "?lang=xx&state=%27%20or%201%3D1&kind=%3Cscript%3Ealert(1)%3C/script%3E&page=-3&mine=maybe&overdue=x&done=%3Cscript%3Ealert(1)%3C/script%3E" +
	"&left=%3Cimg%20src=x%3E&view=vault&epoch=x&seq=1e9&c=%22%3E&v=%00x&kind[]=a&state=b&q=%E2%80%AE"

// Wrong types in a query, on every page: they are left out, or refused in words.
func TestJunkInEveryQuery(t *testing.T) {
	t.Parallel()
	s := newHostel(t)
	tried := 0
	for _, path := range append(s.routes(), s.pages...) {
		for _, query := range []string{junk, strings.Replace(junk, "%00", "", 1), "?page=99999999999999999999&state=all", "?%ff=%fe", "?" + strings.Repeat("a", 3000), "?page[]=1&page=2&&&="} {
			answer := s.desk.Get(path + query)
			tried++
			if answer.Status >= 500 {
				t.Errorf("%s%s: %d", path, query, answer.Status)
			}
			harmless(t, answer, path+query)
		}
	}
	if tried < 100 {
		t.Errorf("only %d addresses were tried", tried)
	}
}

// routes are the addresses of all pages without an id.
func (s *hostel) routes() (all []string) {
	for _, r := range s.instance.Routes() {
		if r.Method == http.MethodGet && !strings.ContainsAny(r.Path, ":*") {
			all = append(all, r.Path)
		}
	}
	return all
}

// clean looks through every text in the database.
func (s *hostel) clean(t *testing.T) {
	t.Helper()
	var columns []struct{ Table, Name string }
	err := s.instance.App.DB.NewRaw(`select table_name as "table", column_name as name from information_schema.columns
		where table_schema = 'public' and data_type = 'text'`).Scan(t.Context(), &columns)
	if err != nil || len(columns) < 20 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	for _, c := range columns {
		var n int
		err := s.instance.App.DB.NewRaw(`select count(*) from ? where ? ~ ?`, bun.Ident(c.Table), bun.Ident(c.Name),
			"[\u0001-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]").Scan(t.Context(), &n)
		if err != nil || n != 0 {
			t.Errorf("%s.%s: %d texts with marks nobody sees, %v", c.Table, c.Name, n, err)
		}
	}
}

// unlimited are fields in which nothing is written down: what is too long is simply not found, or not right.
var unlimited = []string{"q", "code", "old_password", "new_password"}

// Every text field says at the field how much it takes, and refuses one character more in words at the field.
func TestLimitsAreShownAtEveryField(t *testing.T) {
	t.Parallel()
	s := newHostel(t)
	seen := map[string]bool{}
	for _, path := range s.pages {
		page := s.desk.Get(path).Want(http.StatusOK)
		for _, form := range forms(page) {
			s.limits(t, s.desk, page, form, seen)
		}
	}
	visit := func(path string, steps ...url.Values) {
		page := s.kiosk.Post(path, nil).Want(http.StatusOK)
		for _, fill := range append(steps, nil) {
			s.limits(t, s.kiosk, page, page.One("main form"), seen)
			action, fields := page.Form("main form")
			maps.Copy(fields, fill)
			fields.Set("go", "next")
			page = s.kiosk.Post(action, fields)
		}
	}
	visit("/kiosk/visit", url.Values{"place": {"18-2-201"}}, url.Values{"name": {"王"}, "phone": {"13812345678"}})
	visit("/kiosk/report", url.Values{"kind": {"repair"}}, url.Values{"place": {"大堂"}, "matter": {"灯不亮"}})
	for _, name := range []string{"place", "host", "name", "phone", "plate", "company", "note", "matter", "reporter", "remark", "reason", "done", "result", "materials", "customer"} {
		if !seen[name] {
			t.Errorf("no field %s was found", name)
		}
	}
}

func (s *hostel) limits(t *testing.T, browser *webtest.Client, page *webtest.Page, form *html.Node, seen map[string]bool) {
	t.Helper()
	for n := range form.Descendants() {
		name := webtest.Attr(n, "name")
		kind := webtest.Attr(n, "type")
		if (n.Data != "input" && n.Data != "textarea") || name == "" || webtest.Has(n, "readonly") || webtest.Has(n, "hidden") || slices.Contains(unlimited, name) ||
			slices.Contains([]string{"hidden", "radio", "checkbox", "number", "datetime-local", "file"}, kind) || webtest.Attr(n, "inputmode") == "numeric" {
			continue
		}
		most, err := strconv.Atoi(webtest.Attr(n, "data-max"))
		id := webtest.Attr(n, "id") // where several forms of a page have the field, it isn't only its name
		hint := page.All("#" + id + "-hint .limit")
		if err != nil || len(hint) == 0 || !strings.Contains(webtest.Text(hint[0]), strconv.Itoa(most)) || !strings.Contains(webtest.Attr(n, "aria-describedby"), id+"-hint") {
			t.Errorf("%s: field %s doesn't say its limit", page.Path, name)
			continue
		}
		fields := webtest.Fields(form)
		for other, value := range plain {
			if fields.Has(other) && fields.Get(other) == "" {
				fields.Set(other, value)
			}
		}
		if fields.Has("step") {
			fields.Set("go", "next")
		}
		if department, ok := strings.CutPrefix(name, "instruction-"); ok { // of a department that gets an order
			fields.Set("department", department)
			fields.Set("then", "dispatch")
		}
		fields.Set(name, strings.Repeat("长", most+1))
		answer := browser.Post(webtest.Attr(form, "action"), fields).Want(http.StatusUnprocessableEntity)
		if said := webtest.Text(answer.One("#" + id + "-error")); !strings.Contains(said, strconv.Itoa(most)) {
			t.Errorf("%s: one character too many in %s is answered with %q", page.Path, name, said)
		}
		seen[name] = true
	}
}
