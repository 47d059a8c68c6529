package part

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Text is a text of which a page may have a thousand: templ's braces take twice as long for each.
func Text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}
