package pii

import (
	"context"
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
