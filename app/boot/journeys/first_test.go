package journeys

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/staff"
)

// terminal keeps what a server shows where it was started.
type terminal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *terminal) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

// String is everything shown so far.
func (s *terminal) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

var oneTime = regexp.MustCompile(`/first\?token=(\S+)`)

// From the link on the terminal, opened on a phone, to a colleague's first sign-in and a paired wall.
func TestFirstStartInTheBrowser(t *testing.T) {
	t.Parallel()
	screen := &terminal{}
	h := boottest.New(t)
	h.Out = screen
	i := h.Start(t)
	link := oneTime.FindStringSubmatch(screen.String())
	if link == nil {
		t.Fatalf("no link on the terminal:\n%s", screen)
	}
	b := open(t, i.URL(), phoneSize)
	b.visit("/kiosk?lang=zh-TW")
	b.check("not set up yet")
	b.visit(link[0])
	b.until("the form", `!!document.querySelector("form[action='/first']")`)
	if where := eval[string](b, `location.href + document.referrer + JSON.stringify([...Object.entries(localStorage), ...Object.entries(sessionStorage)]) + document.cookie`); strings.Contains(where, link[1]) {
		t.Error("the secret of the link can be seen on the page")
	}
	b.inBothSchemes("the first form")
	b.click("[type=submit]")
	b.until("errors", `!!document.querySelector("#f-name-error") && !!document.querySelector("#f-password-error")`)
	b.check("the first form, with errors")
	b.noOverflow("the first form")
	b.fill("[name=name]", "Garden Court")
	b.fill("[name=person]", "Wang Fang")
	b.fill("[name=password]", boottest.Password)
	b.fill("[name=password_again]", boottest.Password)
	b.click("[type=submit]")
	b.until("what comes next", `location.pathname === "/first/next"`)
	b.check("what comes next")
	b.noOverflow("what comes next")

	b.click("a[href='/staff/new']")
	b.until("the form", `!!document.querySelector("form[action='/staff/new']")`)
	b.fill("[name=login]", "li.ming")
	b.fill("[name=name]", "Li Ming")
	b.run(script(`document.querySelector("[name=role][value=agent]").click()`))
	b.click("form[action='/staff/new'] [type=submit]")
	b.until("the password", `!!document.querySelector("code.secret")`)
	b.check("a temporary password")
	secret := b.text("code.secret")

	li := open(t, i.URL(), phoneSize)
	li.visit("/login")
	li.fill("[name=login]", "li.ming")
	li.fill("[name=password]", secret)
	li.click("form[action='/login'] [type=submit]")
	li.until("the password comes first", `location.pathname === "/account" && !!document.querySelector(".alert.warn")`)
	li.check("a temporary password is changed")
	li.fill("[name=old_password]", secret)
	li.fill("[name=new_password]", boottest.Password)
	li.click("form[action='/account/password'] [type=submit]")
	li.until("the desk", `location.pathname === "/desk"`)

	b.visit("/devices")
	b.run(script(`document.querySelector("[name=kind][value=wall]").click()`))
	b.fill("[name=name]", "Lobby")
	b.click("form[action='/devices'] [type=submit]")
	b.until("the code runs", `!!document.querySelector("code.secret") && /\d/.test(document.querySelector("[data-due]").textContent) && document.querySelector("[data-due]").classList.contains("ok")`)
	b.inBothSchemes("a code")
	b.noOverflow("a code")
	wall := open(t, i.URL(), wallSize)
	wall.visit("/pair")
	wall.fill("[name=code]", b.text("code.secret"))
	wall.click("[data-pair] [type=submit]")
	wall.until("the wall", `location.pathname === "/wall"`)
	b.visit("/devices")
	b.click("form[action$='/revoke'] button")
	wall.until("the wall is put out", `location.pathname === "/pair"`)
}

// noOverflow fails where a page is wider than its screen.
func (b *tab) noOverflow(what string) {
	b.Helper()
	if by := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); by > 0 {
		b.Errorf("%s: %d pixels too wide", what, by)
	}
}

// switchTo switches the site as another tab of the same browser does.
func (b *tab) switchTo(site int64) {
	b.Helper()
	eval[bool](b, fmt.Sprintf(`fetch("/site", {method: "POST", body: new URLSearchParams({site: "%d"}), redirect: "manual"}).then(() => true)`, site))
}

// Somebody who works at two sites: what they had begun at one is kept when they switched in between, and who works at none
// is told so.
func TestSwitchingSites(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	east, west := h.Site(t, i.App, "east"), h.Site(t, i.App, "west")
	both := h.Person(t, i.App, east.ID, "both", staff.Agent, staff.Admin)
	if _, err := i.App.Staff.Grant(actor.AsJob(t.Context(), "test", west.ID), "both", []staff.Role{staff.Agent}); err != nil {
		t.Fatal(err)
	}
	away := h.Person(t, i.App, west.ID, "away", staff.Agent)
	if _, err := i.App.Staff.Withdraw(actor.AsJob(t.Context(), "test", west.ID), "away", []staff.Role{staff.Agent}); err != nil {
		t.Fatal(err)
	}
	b := desk(t, i.URL(), deskSize, both.Login, boottest.Password)
	if name := b.text(".brand"); name != east.Name {
		b.switchTo(east.ID)
	}
	for path, lang := range map[string]string{"/staff": "zh-TW", "/staff/new": "en", fmt.Sprintf("/staff/%d", both.ID): "zh-CN", "/devices": "en"} {
		b.visit(path + "?lang=" + lang)
		b.check(path)
	}
	b.run(preferring("dark"))
	b.visit("/staff")
	b.check("/staff, dark")
	b.run(preferring("light"))
	b.visit("/desk/visits/new")
	b.fill("[name=name]", "王小明")
	b.fill("[name=phone]", "13800138000")
	b.fill("[name=place]", "18#2单元201")
	b.switchTo(west.ID)
	b.click("form[action='/desk/visits'] [type=submit]")
	b.until("it is refused", has("main", east.Name))
	b.until("and says the way back", `!!document.querySelector("main form[action='/site']")`)
	b.check("a form of another site")
	b.click("main form[action='/site'] button")
	b.until("the visitor stands at the first site", `/^\/desk\/visits/.test(location.pathname) && document.querySelector(".brand").innerText.includes(`+quote(east.Name)+`)`)
	var here, there int
	if err := i.App.DB.NewRaw(`select count(*) filter (where site_id = ?), count(*) filter (where site_id = ?) from visits`, east.ID, west.ID).Scan(t.Context(), &here, &there); err != nil || here != 1 || there != 0 {
		t.Errorf("%d visits at their own site, %d at the other, %v", here, there, err)
	}

	nobody := desk(t, i.URL(), phoneSize, away.Login, boottest.Password)
	nobody.until("no role anywhere", `!!document.querySelector("form[action='/logout']")`)
	nobody.check("no role anywhere")
}
