package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/kit/pii"
)

// rotateSettle is what running servers get to take up a changed key ring; they need well under a second.
const rotateSettle = 5 * time.Second

// sayEvery is how often progress is told.
const sayEvery = 2 * time.Second

func newKeyRotate(e *env) *cobra.Command {
	var settle time.Duration
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt phones, plates and passes anew with a new key, while servers run",
		Long: `Encrypt phones, plates and passes anew with a new key, while servers run.

A new key joins the key ring; running servers take it up at once. Everything is encrypted anew in small batches, with
as much rest as work. The old key leaves the ring when nothing is encrypted with it any more. Stop it whenever you
like, with Ctrl-C or worse: called again, it goes on where it was. LOBBY_KEY stays the same, and so do backups of
before: each brings its own key ring. All servers should be of this version.`,
		Example: "  lobby key rotate",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if settle < 0 {
				return usage("--settle can't be negative")
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				done, err := app.RotateKey(ctx, settle, progress(e.Out))
				if err != nil {
					return err
				}
				return showRotated(e.Out, done)
			})
		},
	}
	cmd.Flags().DurationVar(&settle, "settle", rotateSettle, "how long running servers get to take up a changed key ring")
	return cmd
}

// progress tells how far it is: each column at its beginning and end, and now and then between.
func progress(out io.Writer) func(pii.Progress) {
	var at pii.Column
	var said time.Time
	return func(p pii.Progress) {
		switch p.Doing {
		case "key":
			_, _ = fmt.Fprintln(out, "The new key is in the ring.")
		case "settle":
			_, _ = fmt.Fprintln(out, "Giving running servers a moment to take it up …")
		case "closed":
			_, _ = fmt.Fprintln(out, "Nothing can be encrypted with the old key any more; looking for what was until now.")
		default:
			if p.Column == at && p.Done < p.Of && time.Since(said) < sayEvery {
				return
			}
			at, said = p.Column, time.Now()
			_, _ = fmt.Fprintf(out, "%-18s %d of %d (%d%%)\n", p.Column, p.Done, p.Of, 100*p.Done/max(p.Of, 1))
		}
	}
}

func showRotated(out io.Writer, done pii.Rotated) error {
	what := "Done"
	if done.Resumed {
		what = "Done: an earlier rotation was interrupted, and is finished now. Call again for another new key"
	}
	_, err := fmt.Fprintf(out, "%s. %d values encrypted anew, %d old keys removed.\n", what, done.Values, done.Removed)
	return err
}
