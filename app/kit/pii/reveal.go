package pii

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
)

// A reason is short enough to be read in the record and long enough to be one, in characters.
const (
	MinReason = 4
	MaxReason = 200
)

// RequireReveal checks that the actor of ctx may open personal data, and that there is a reason (PRIVACY-2). It gives
// the reason as it belongs into the record; the feature appends the entry "pii.reveal" in the transaction that opens.
func RequireReveal(ctx context.Context, reason string) (string, error) {
	if _, err := actor.Require(ctx, actor.Reveal); err != nil {
		return "", err
	}
	var wrong fault.Fields
	reason = wrong.Text("reason", reason, MaxReason, true)
	if n := utf8.RuneCountInString(reason); len(wrong) == 0 && n < MinReason {
		wrong.Add("reason", "pii.reason_short", fault.Args{"Min": MinReason})
	}
	if err := wrong.Err(); err != nil {
		return "", err
	}
	return Redact(reason), nil
}

// longNumber is a run of seven digits and more, with the separators that people write into phones and identity numbers.
var longNumber = regexp.MustCompile(`\+?[0-9０-９](?:[ \-–—.]?[0-9０-９]){6,}[Xx]?`)

// household is a home as people write it with hyphens: building, entrance, room (30-1-2002). It is no phone.
var household = regexp.MustCompile(`^[0-9]{1,2}-[0-9]{1,2}-[0-9]{3,4}$`)

// Redact takes phones and identity numbers out of a free text that goes into the record or onto a screen. Households
// and our own numbers (T261122-0042) stay.
func Redact(text string) string {
	var out strings.Builder
	from := 0
	for _, at := range longNumber.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		ours := at[0] > 0 && (text[at[0]-1] == 'T' || text[at[0]-1] == 'V')
		if ours || household.MatchString(found) {
			continue
		}
		out.WriteString(text[from:at[0]] + hidden)
		from = at[1]
	}
	return out.String() + text[from:]
}
