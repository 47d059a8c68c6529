package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/kit/actor"
)

// finding is one thing that doctor looked at.
type finding struct {
	what   string
	good   string // what was found, where all is well
	bad    string // what is wrong
	note   string // no fault, but worth knowing
	remedy string // what to do about it
	mends  string // what --fix does about it
	mend   func(context.Context) error
}

func newDoctor(e *env) *cobra.Command {
	fix, recompute := false, false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for trouble, and say what to do about it",
		Long: `Look at settings, files, database, versions, key, time zones, free disk and clocks, and say for each problem what to
do. It changes nothing, unless --fix is given: then it does what can be done without any danger to what is stored, says
what it did, and looks once more. The exit code is 1 where something is wrong, after the mending where there was one.`,
		Example: "  lobby doctor\n  lobby doctor --fix\n  lobby doctor --recompute\n  DATABASE_URL=postgres://… LOBBY_KEY=… lobby doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := actor.With(cmd.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:" + osUser(), All: true})
			findings := e.examine(ctx)
			for range rounds {
				if !fix || !mendAll(ctx, cmd.OutOrStdout(), findings) {
					break
				}
				findings = e.examine(ctx)
			}
			if recompute {
				findings = append(findings, e.recompute(ctx, fix))
			}
			wrong, err := report(cmd.OutOrStdout(), findings)
			if err != nil {
				return err
			}
			if wrong > 0 {
				return fmt.Errorf("%d of the above need a hand", wrong)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&recompute, "recompute", recompute, "derive every stored limit of tickets anew from their history")
	cmd.Flags().BoolVar(&fix, "fix", fix, "mend what is safe to mend")
	return cmd
}

// rounds is how often --fix mends: what was in the way of looking further is mended first.
const rounds = 3

// mendAll mends what can be, and says for each how it went.
func mendAll(ctx context.Context, w io.Writer, findings []finding) (did bool) {
	for _, f := range findings {
		if f.mend == nil {
			continue
		}
		did = true
		line := "done  " + f.mends
		if err := f.mend(ctx); err != nil {
			line = "BAD   it did not work to " + f.mends + ": " + err.Error()
		}
		_, _ = fmt.Fprintln(w, line) // the report that follows tells of a broken output
	}
	return did
}

// report prints the findings and counts what is wrong.
func report(w io.Writer, findings []finding) (wrong int, err error) {
	var b strings.Builder
	for _, f := range findings {
		mark, text := "ok  ", f.good
		switch {
		case f.bad != "":
			mark, text = "BAD ", f.bad
			wrong++
		case f.note != "":
			mark, text = "note", f.note
		}
		fmt.Fprintf(&b, "%s  %-12s %s\n", mark, f.what, strings.ReplaceAll(text, "\n", "\n                    "))
		if f.remedy != "" && f.good == "" {
			fmt.Fprintf(&b, "                    → %s\n", strings.ReplaceAll(f.remedy, "\n", "\n                      "))
		}
		if f.mend != nil {
			fmt.Fprintf(&b, "                    → lobby doctor --fix: %s\n", f.mends)
		}
	}
	_, err = io.WriteString(w, b.String())
	return wrong, err
}

// examine looks at everything. What can't be looked at, since something before it is wrong, is left out.
func (e *env) examine(ctx context.Context) []finding {
	out := []finding{{what: "program", good: fmt.Sprintf("lobby %s, %s, %s/%s", boot.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)}}
	if err := e.cfg.Validate(); err != nil {
		out = append(out, finding{what: "settings", bad: err.Error(), remedy: "change the variable or flag that is named"})
	} else {
		out = append(out, finding{what: "settings", good: "readable"})
	}
	out = append(out, e.address(), zones("time zones", "Asia/Shanghai"), freeDisk(e.cfg.Data))
	if e.cfg.Embedded() {
		out = append(out, e.files(ctx)...)
		found, ready := e.embedded(ctx)
		out = append(out, found...)
		if !ready {
			return out
		}
	}
	return append(out, e.database(ctx)...)
}

// database examines what can be asked of the database itself.
func (e *env) database(ctx context.Context) []finding {
	direct, done, err := boot.Connect(ctx, e.cfg)
	if err != nil {
		return []finding{{what: "database", bad: err.Error(),
			remedy: "check DATABASE_URL, and that the server runs and lets this machine in"}}
	}
	out := server(ctx, direct)
	out = append(out, e.schema(ctx, direct), e.key(ctx, direct), siteZones(ctx, direct), siteYears(ctx, direct, time.Now()), e.backups(ctx, direct))
	out = append(out, e.inUse(ctx, direct)...)
	if err := done(); err != nil {
		out = append(out, finding{what: "database", bad: "it could not be closed: " + err.Error(), remedy: "look at its log"})
	}
	return out
}

var errNoSchema = errors.New("there is no schema yet")
