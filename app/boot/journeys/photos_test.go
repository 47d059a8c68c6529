package journeys

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/ticket"
)

// shoot puts pictures into a field, as a phone's camera would: drawn on the page itself, of a colour each.
func (b *tab) shoot(selector string, colours ...string) {
	b.Helper()
	b.until("a place for photos", loaded+fmt.Sprintf("!!document.querySelector(%s)", quote(selector)))
	eval[bool](b, fmt.Sprintf(`(async () => {
		const files = new DataTransfer();
		for (const [n, colour] of %s.entries()) {
			const c = Object.assign(document.createElement("canvas"), { width: 1200, height: 900 });
			const pen = c.getContext("2d");
			pen.fillStyle = colour;
			pen.fillRect(0, 0, 1200, 900);
			pen.fillStyle = "#fff";
			pen.fillRect(100, 100, 400, 300);
			files.items.add(new File([await new Promise((done) => c.toBlob(done, "image/jpeg"))], "IMG_" + n + ".jpg", { type: "image/jpeg" }));
		}
		const field = document.querySelector(%s);
		field.files = files.files;
		field.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, list(colours), quote(selector)))
}

// list is a list of texts in the page's own language.
func list(texts []string) string {
	out := "["
	for _, t := range texts {
		out += quote(t) + ","
	}
	return out + "]"
}

// sign draws a line in the box to sign in.
func (b *tab) sign() {
	b.Helper()
	at := eval[[]float64](b, `(() => { const c = document.querySelector("[data-sign] canvas"); c.scrollIntoView({ block: "center", behavior: "instant" });
		const r = c.getBoundingClientRect(); return [r.left, r.top, r.width, r.height] })()`)
	mouse := func(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at[0] + x*at[2], Y: at[1] + y*at[3],
				Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
			return err
		})
	}
	b.run(mouse(input.DispatchMouseEventTypeMousePressed, 0.1, 0.5), mouse(input.DispatchMouseEventTypeMouseMoved, 0.3, 0.2),
		mouse(input.DispatchMouseEventTypeMouseMoved, 0.5, 0.8), mouse(input.DispatchMouseEventTypeMouseMoved, 0.9, 0.4),
		mouse(input.DispatchMouseEventTypeMouseReleased, 0.9, 0.4))
	b.until("something is signed", `document.querySelector("[name=signature]").value.length > 500`)
}

// A technician with a phone: takes the order, rings, is at the spot, takes photos, works, has it signed.
func TestTechnicianWithAPhone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	repair, _ := h.departments(t)
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	made, err := h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Urgency: "A", Place: "18#2单元201室", Matter: "厨房下水管漏水", Phone: "13800138000",
		Reporter: "张三", Channel: "phone", Classify: true, Then: ticket.Dispatch, Instructions: []ticket.Instruction{{Department: repair, Text: "带阀芯"}}})
	if err != nil {
		t.Fatal(err)
	}
	b := desk(t, h.base, phoneSize, "tech", boottest.Password)
	b.visit("/orders")
	b.inBothSchemes("my orders")
	b.click(".job a.what")
	b.until("the order", loaded+`/^\/orders\/\d+$/.test(location.pathname)`)
	path := eval[string](b, `location.pathname`)
	b.step("order_accept", nil)
	t.Run("TICKET-5 the resident's number is a press away for who goes there, and can be rung at once", func(t *testing.T) {
		b.click("form[action$='/ring'] button")
		b.until("the number", loaded+`!!document.querySelector("a[href='tel:+8613800138000']")`)
		b.inBothSchemes("the number")
		b.visit(path)
		if eval[bool](b, `document.body.innerText.includes("138 0013 8000")`) {
			t.Error("the number stays on the page")
		}
	})
	b.step("order_arrive", nil)
	t.Run("TICKET-12 photos are sent while they are taken, several at once, and the form around them stays as it was", func(t *testing.T) {
		b.inBothSchemes("at the spot")
		b.shoot("#f-photos [capture]", "#884422")
		b.until("it stands there", `document.querySelectorAll("#pictures img").length === 1`)
		b.step("order_start", map[string]string{"rang": "reached"})
		b.run(script(`document.querySelector("[name=done]").value = "换了阀芯"`))
		b.shoot("#f-photos [multiple]", "#2266aa", "#22aa66", "#2266aa")
		b.until("both stand there", `document.querySelectorAll("#pictures img").length === 3 && document.querySelector("[data-progress]").innerText.includes("3")`)
		if eval[string](b, `document.querySelector("[name=done]").value`) != "换了阀芯" {
			t.Error("what was typed is gone")
		}
		b.run(script(`document.querySelector("#pictures").scrollIntoView({ behavior: "instant" })`))
		b.until("they can be seen", `[...document.querySelectorAll("#pictures img")].every((i) => i.complete && i.naturalWidth > 0)`)
		b.inBothSchemes("photos")
		b.run(script(`{ const t = new DataTransfer(); t.items.add(new File(["<svg><script>alert(1)</script></svg>"], "x.svg"));
			const f = document.querySelector("#f-photos [multiple]"); f.files = t.files; f.dispatchEvent(new Event("change")) }`))
		b.until("it is refused in words", has("#f-photos [data-wrong]", "不是照片"))
	})
	t.Run("TICKET-5 the customer signs with a finger, and it stands in the history and on paper", func(t *testing.T) {
		b.until("the box", `!document.querySelector("[data-sign]").hidden`)
		b.sign()
		b.inBothSchemes("signed")
		b.click("form[action$='/done'] > button[type=submit]") // its result is missing
		b.until("an error", loaded+`!!document.querySelector("#f-done-result-error")`)
		b.until("the signature stays", `document.querySelector("[name=signature]").value.length > 500`)
		b.inBothSchemes("with an error")
		b.step("done", map[string]string{"result": "不漏了"})
		b.until("it stands there", loaded+`!!document.querySelector(".timeline .signed img")`)
		b.inBothSchemes("done")
		b.visit(path + "/print?photos=1")
		b.until("the paper has them", `document.querySelectorAll(".attached img").length === 3 && [...document.querySelectorAll(".paper img")].every((i) => i.complete && i.naturalWidth > 0) && !!document.querySelector("img.sign")`)
		b.inBothSchemes("on paper")
	})
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	agent.visit(fmt.Sprintf("/desk/tickets/%d", made.ID))
	agent.until("the pictures", loaded+`document.querySelectorAll("#pictures img").length === 4`)
	agent.inBothSchemes("a ticket with pictures")
	agent.visit(fmt.Sprintf("/desk/tickets/%d/photos", made.ID))
	agent.shoot("#f-photos [multiple]", "#aa2222")
	agent.until("it stands there", `document.querySelectorAll("#pictures img").length === 5`)
	agent.inBothSchemes("photos of a ticket")
	agent.visit("/desk/tickets/new")
	agent.inBothSchemes("the entry")
}
