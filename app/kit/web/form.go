package web

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/views/locale"
)

// Values are the fields of a posted form. Only the body counts: what stands in the address is never taken for
// something typed.
type Values map[string][]string

// Form reads the posted form.
func Form(c *fiber.Ctx) Values {
	v := Values{}
	if form, err := c.MultipartForm(); err == nil {
		for name, values := range form.Value {
			v[name] = values
		}
		return v
	}
	for key, value := range c.Request().PostArgs().All() {
		v[string(key)] = append(v[string(key)], string(value))
	}
	return v
}

// Get gives the first value of a field, or nothing.
func (v Values) Get(name string) string {
	if len(v[name]) == 0 {
		return ""
	}
	return v[name][0]
}

// Invalid gives the fault that belongs into the form, which the handler then shows again with the same status: a
// wrong field (422), or somebody was faster (409).
func Invalid(err error) (*fault.Fault, bool) {
	f, ok := fault.As(err)
	if !ok || (f.Kind != fault.Invalid && f.Kind != fault.Conflict) {
		return nil, false
	}
	return f, true
}

// Status is the HTTP status of an error.
func Status(err error) int { return statusOf(err) }

// FieldErrors says what is wrong with each field, in the person's language, by field name.
func FieldErrors(ctx context.Context, f *fault.Fault) map[string]string {
	said := make(map[string]string, len(f.Fields))
	for _, field := range f.Fields {
		if said[field.Name] == "" {
			said[field.Name] = locale.Say(ctx, field.Key, field.Args)
		}
	}
	return said
}

// Message says the fault itself in the person's language.
func Message(ctx context.Context, f *fault.Fault) string { return locale.Say(ctx, f.Key, f.Args) }
