package journeys

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/staff"
)

// forgetCookies ends the browser's session the way an expired one ends: the next request comes without.
func (b *tab) forgetCookies() {
	b.Helper()
	b.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

func TestWhatWasTypedSurvivesTheSignIn(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	at := h.Site(t, i.App, "riverside")
	agent := h.Person(t, i.App, at.ID, "agent", staff.Agent)
	b := desk(t, i.URL(), deskSize, agent.Login, boottest.Password)
	b.visit("/desk/visits/new")
	b.fill("[name=name]", `王 "小" <明>`)
	b.fill("[name=note]", "带一只猫 🐈")
	b.forgetCookies()
	b.run(script(`document.querySelector("[name=note]").form.requestSubmit()`))
	b.until("the sign-in page", `!!document.querySelector("form[action='/login']")`)
	b.until("the form is kept", `!!document.querySelector("[name='kept.field.name']")`)
	b.fill("[name=login]", agent.Login)
	b.fill("[name=password]", boottest.Password)
	b.click("form[action='/login'] [type=submit]")
	b.until("the form again, with what was typed", `document.querySelector("[name=name]")?.value === '王 "小" <明>' && document.querySelector("[name=note]").value === "带一只猫 🐈"`)
}

func TestPairWithThePad(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	at := h.Site(t, i.App, "riverside")
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:test", Site: at.ID, All: true})
	code, _, err := i.App.Staff.Pair(ctx, staff.Pair{Kind: "wall", Name: "大厅"})
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, i.URL(), phoneSize)
	b.visit("/wall")
	b.until("the pairing page", `location.pathname === "/pair" && !document.querySelector("[data-pad]").hidden`)
	small := eval[int](b, `[...document.querySelectorAll("form.pair button")].filter(e => { const r = e.getBoundingClientRect(); return r.height < 48 || r.width < 48 }).length`)
	if small > 0 {
		t.Errorf("%d buttons are smaller than a finger", small)
	}
	b.click("[data-digit='1']")
	b.run(script(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}))`))
	if to := eval[string](b, `document.activeElement.dataset.digit ?? ""`); to != "2" {
		t.Errorf("a remote's arrow leads to %q, want 2", to)
	}
	b.click("[data-clear]")
	for _, digit := range code {
		b.click("[data-digit='" + string(digit) + "']")
	}
	b.until("the wall", `location.pathname === "/wall"`)
}
