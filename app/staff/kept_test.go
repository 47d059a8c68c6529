package staff_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
)

func TestWhatWasTypedSurvivesTheSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	c.SignIn("li", password)
	b.pass(11 * time.Hour) // the session ends in the middle of the form
	typed := url.Values{"name": {`王 "小" <明>`}, "note": {"第一行\r\n第二行 😀"}, "tag": {"a", "b"}, "old_password": {"geheim-geheim"}}
	login := c.Post("/desk/visits/new", typed).Want(401).WantText("保留")
	login.WantNo("geheim")
	action, fields := login.Form("form")
	if action != "/login" {
		t.Fatalf("the form goes to %q", action)
	}
	fields.Set("login", "li")
	fields.Set("password", "a wrong password")
	again := c.Post(action, fields).Want(422) // a slip in between loses nothing
	action, fields = again.Form("form")
	fields.Set("password", password)
	on := c.Post(action, fields).Want(200).WantNo(password)
	if n := len(on.All("script[src]")); n == 0 {
		t.Error("it should go on by itself")
	}
	action, fields = on.Form("form[data-continue]")
	if action != "/desk/visits/new" {
		t.Fatalf("goes on to %q", action)
	}
	done := c.Post(action, fields).Want(200)
	// A browser sends line breaks as CRLF again; the test's parser leaves LF.
	if want := "王 \"小\" <明>|第一行\n第二行 😀||a+b"; done.Body != want {
		t.Errorf("arrived %q, want %q", done.Body, want)
	}
	if text := b.log.String(); strings.Contains(text, "小") || strings.Contains(text, "第一行") {
		t.Error("the log holds what was typed")
	}
}

func TestInterruptedInOtherWays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	signIn := func(page *webtest.Page) *webtest.Page {
		_, fields := page.Form("form")
		fields.Set("login", "li")
		fields.Set("password", password)
		return c.Another().Post("/login", fields)
	}
	signIn(c.Get("/desk?day=2026-11-22").Want(401)).Want(303).WantLocation("/desk?day=2026-11-22")
	part := c.HTMX("/desk/visits/new", url.Values{"name": {"王"}}).Want(401)
	if part.Header.Get("HX-Retarget") != "body" {
		t.Error("the sign-in page should take the whole page's place")
	}
	if got := webtest.Attr(part.One("input[name=kept.field.name]"), "value"); got != "王" {
		t.Errorf("kept %q", got)
	}
	long := c.Post("/desk/visits/new", url.Values{"name": {strings.Repeat("x", web.BodyLimit-200)}}).Want(401)
	long.WantText("无法保留")
	signIn(long).Want(303).WantLocation("/desk")
	many := c.Post("/desk/visits/new", url.Values{"a": make([]string, 20000)}).Want(401) // one name, many fields to carry
	many.WantText("无法保留")
	for _, evil := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		_, fields := c.Get("/login").Form("form")
		fields.Set("login", "li")
		fields.Set("password", password)
		fields.Set("kept.path", evil)
		fields.Set("kept.post", "1")
		c.Another().Post("/login", fields).Want(303).WantLocation("/desk")
	}
	cross := c.Request("POST", "/desk/visits/new", strings.NewReader("name=evil"))
	cross.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	cross.Header.Set("Sec-Fetch-Site", "cross-site")
	c.Do(cross).Want(403).WantNo("evil") // another site's form is not kept for anybody to send on
}
