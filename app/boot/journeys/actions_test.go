package journeys

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// clickLabelOf touches the label around an input, as a finger does where the input itself is hidden behind a tile.
func clickLabelOf(selector string) chromedp.Action[chromedp.Void] {
	return script(fmt.Sprintf(`document.querySelector(%s).closest("label").click()`, quote(selector)))
}

// clickText clicks the first element of a selector that bears a text.
func clickText(selector, text string) chromedp.Action[chromedp.Void] {
	return script(fmt.Sprintf(`[...document.querySelectorAll(%s)].find(e => e.innerText.includes(%s)).click()`, quote(selector), quote(text)))
}

func focusOn(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Focus(chromedp.CSS(selector))
}

func ctrlEnter() chromedp.Action[chromedp.Void] {
	return chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl))
}

// script runs in the page and answers nothing.
func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](text+"; true")(ctx, t)
		return err
	})
}

// preferring sets whether the person likes pages light or dark.
func preferring(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})
}
