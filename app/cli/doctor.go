package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/kit/actor"
)

// finding is one thing that doctor looked at.
type finding struct {
	what string
	good string // what was found, where all is well
	bad  string // what is wrong
	note string // no fault, but worth knowing
	todo string // what to do about it
}

func newDoctor(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look for trouble, and say what to do about it",
		Long: `Look at settings, database, versions, key, time zones, free disk and clocks, and say for each problem what to do. It
changes nothing. The exit code is 1 where something is wrong.`,
		Example: "  lobby doctor\n  DATABASE_URL=postgres://… LOBBY_KEY=… lobby doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := actor.With(cmd.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:" + osUser(), All: true})
			wrong, err := report(cmd.OutOrStdout(), e.examine(ctx))
			if err != nil {
				return err
			}
			if wrong > 0 {
				return fmt.Errorf("%d of the above need a hand", wrong)
			}
			return nil
		},
	}
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
		if f.todo != "" && f.good == "" {
			fmt.Fprintf(&b, "                    → %s\n", f.todo)
		}
	}
	_, err = io.WriteString(w, b.String())
	return wrong, err
}

// examine looks at everything. What can't be looked at, since something before it is wrong, is left out.
func (e *env) examine(ctx context.Context) []finding {
	out := []finding{{what: "program", good: fmt.Sprintf("lobby %s, %s, %s/%s", boot.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)}}
	if err := e.cfg.Validate(); err != nil {
		out = append(out, finding{what: "settings", bad: err.Error(), todo: "change the variable or flag that is named"})
	} else {
		out = append(out, finding{what: "settings", good: "readable"})
	}
	out = append(out, e.address(), zones("time zones", "Asia/Shanghai"), freeDisk(e.cfg.Data))
	if e.cfg.Embedded() {
		found, ready := e.embedded(ctx)
		out = append(out, found)
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
			todo: "check DATABASE_URL, and that the server runs and lets this machine in"}}
	}
	out := server(ctx, direct)
	out = append(out, schema(ctx, direct)...)
	out = append(out, e.key(ctx, direct), siteZones(ctx, direct), e.backups(ctx, direct))
	if err := done(); err != nil {
		out = append(out, finding{what: "database", bad: "it could not be closed: " + err.Error(), todo: "look at its log"})
	}
	return out
}

var errNoSchema = errors.New("there is no schema yet")
