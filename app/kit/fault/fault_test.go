package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lobby/app/kit/fault"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, raw string
		required  bool
		want, key string
	}{
		{"plain", " 张三 ", true, "张三", ""},
		{"nothing where something is needed", " \t ", true, "", "fault.field.required"},
		{"nothing where nothing is needed", "", false, "", ""},
		{"exactly the limit, counted in characters", strings.Repeat("字", 10), true, strings.Repeat("字", 10), ""},
		{"one more", strings.Repeat("字", 11), true, strings.Repeat("字", 11), "fault.field.long"},
		{"NUL", "a\x00b", true, "a\x00b", "fault.field.characters"},
		{"escape", "a\x1b[31m", true, "a\x1b[31m", "fault.field.characters"},
		{"broken UTF-8", "a\xffb", true, "ab", "fault.field.characters"},
		{"line breaks are kept", "a\r\nb", true, "a\nb", ""},
		{"emoji of several runes", "👩‍👧 来访", true, "👩‍👧 来访", ""},
		{"right-to-left override is dropped", "abc\u202edef\u200f", true, "abcdef", ""},
		{"only marks is nothing", "\u202e\u2066", true, "", "fault.field.required"},
		{"composed", "e\u0301", true, "\u00e9", ""},
		{"markup is just text", "<b>&'\"", true, "<b>&'\"", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var fs fault.Fields
			got := fs.Text("f", c.raw, 10, c.required)
			key := ""
			if len(fs) > 0 {
				key = fs[0].Key
			}
			if got != c.want || key != c.key {
				t.Errorf("Text(%q) = %q, %q; want %q, %q", c.raw, got, key, c.want, c.key)
			}
			if fs.Has("f") != (c.key != "") || fs.Has("other") {
				t.Errorf("Has is wrong for %v", fs)
			}
		})
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	var fs fault.Fields
	if got := fs.Line("f", " 王\n \t 五 ", 10, true); got != "王 五" || len(fs) != 0 {
		t.Errorf("got %q, %v", got, fs)
	}
}

func TestFaultKeepsItsCauseForTheLogOnly(t *testing.T) {
	t.Parallel()
	cause := errors.New("driver: secret detail")
	err := fmt.Errorf("outer: %w", fault.Wrap(cause, fault.Conflict, "x.taken"))
	f, ok := fault.As(err)
	if !ok || f.Key != "x.taken" || !fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		t.Fatalf("not found in the chain: %v", err)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if fault.Is(cause, fault.Internal) {
		t.Error("a plain error is no fault")
	}
	if (fault.Fields{}).Err() != nil {
		t.Error("no wrong field, yet an error")
	}
}
