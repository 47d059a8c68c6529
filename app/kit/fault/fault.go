// Package fault holds the errors that a person may see. A fault carries a kind, which web turns into a status code,
// and a message key with arguments, which web says in the person's language. Anything that is not a fault is an
// internal error: it is logged, and the person sees only that something went wrong and a request id.
package fault

import (
	"errors"
	"strings"
	"time"
)

// Kind is what sort of error it is; web maps it to an HTTP status.
type Kind int

// The kinds, with the HTTP status each becomes.
const (
	Internal    Kind = iota // 500
	BadRequest              // 400: not a request that any of our pages makes
	SignIn                  // 401
	Forbidden               // 403
	NotFound                // 404
	Conflict                // 409: somebody was faster, or the step is not in the flow
	TooLarge                // 413
	Invalid                 // 422: a field is wrong; Fields says which
	TooMany                 // 429
	Unavailable             // 503
)

// Args are the named arguments of a message.
type Args map[string]any

// Field is one wrong field of a form.
type Field struct {
	Name string // the input's name attribute
	Key  string // message key
	Args Args
}

// Fault is an error for a person.
type Fault struct {
	Kind   Kind
	Key    string // message key
	Args   Args
	Fields []Field       // only for Invalid
	Retry  time.Duration // only for TooMany: how long to wait; 0 when unknown
	cause  error
}

// Error is for the log: kind of message and field names, never what was typed.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Key)
	for _, field := range f.Fields {
		b.WriteString(" " + field.Name + "=" + field.Key)
	}
	if f.cause != nil {
		b.WriteString(": " + f.cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause, for the log.
func (f *Fault) Unwrap() error { return f.cause }

// New makes a fault of a kind with a message key.
func New(kind Kind, key string, args ...Args) *Fault {
	f := &Fault{Kind: kind, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	return f
}

// Wrap is New with the cause kept for the log.
func Wrap(cause error, kind Kind, key string, args ...Args) *Fault {
	f := New(kind, key, args...)
	f.cause = cause
	return f
}

// Wait is the refusal of who has to come back later; the message says how much later as {{.Wait}}, in seconds.
func Wait(key string, wait time.Duration) *Fault {
	f := New(TooMany, key, Args{"Wait": Seconds(wait)})
	f.Retry = wait
	return f
}

// Seconds rounds up, so that nobody comes back too early.
func Seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// As finds the fault in an error chain.
func As(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Is tells whether err is a fault of that kind.
func Is(err error, kind Kind) bool {
	f, ok := As(err)
	return ok && f.Kind == kind
}

// Fields collects the wrong fields of one form, so that a person sees all of them at once.
type Fields []Field

// Add notes a wrong field.
func (fs *Fields) Add(name, key string, args ...Args) {
	f := Field{Name: name, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	*fs = append(*fs, f)
}

// Err is nil when nothing is wrong, else an Invalid fault with all wrong fields.
func (fs Fields) Err() error {
	if len(fs) == 0 {
		return nil
	}
	f := New(Invalid, "fault.invalid")
	f.Fields = fs
	return f
}
