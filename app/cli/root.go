// Package cli is the command line: one file per subcommand, which parses, calls one service and prints.
//
// A subcommand is a constructor `func newStaff(e *env) *cobra.Command` in a file of its own, listed in root below.
// It prints to cmd.OutOrStdout(), asks through e.in, and opens the program with e.withApp.
// Exit codes: 0 done, 1 it went wrong, 2 it was called wrongly.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/fault"
	"lobby/app/site"
	"lobby/views/locale"
)

// Streams are where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// env is what every subcommand shares.
type env struct {
	Streams
	cfg     *config.Config
	started bool // the command's own code was reached: from here on an error is not about how it was called
}

// usageError is a call that can't be right; it ends with exit code 2.
type usageError struct{ error }

// usage makes an error about how the command was called.
func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run executes one command line and gives the exit code.
func Run(ctx context.Context, args []string, s Streams) int { return run(ctx, args, s, os.Getenv) }

func run(ctx context.Context, args []string, s Streams, getenv func(string) string) int {
	e := &env{Streams: s, cfg: config.FromEnv(getenv)}
	root := e.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	cmd, err := root.ExecuteContextC(locale.With(ctx, language(getenv)))
	if err == nil {
		return 0
	}
	var wrong usageError
	if !e.started || errors.As(err, &wrong) {
		_, _ = fmt.Fprintf(s.Err, "lobby: %s\nRun '%s --help' for usage and examples.\n", err, cmd.CommandPath())
		return 2
	}
	_, _ = fmt.Fprintf(s.Err, "lobby: %s\n", say(cmd.Context(), err))
	return 1
}

// language is the command line's language for messages of the trade, from the usual variables.
func language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		switch v := getenv(name); {
		case strings.HasPrefix(v, "zh_TW"), strings.HasPrefix(v, "zh_HK"):
			return locale.Traditional
		case strings.HasPrefix(v, "zh"):
			return locale.Simplified
		case v != "":
			return locale.English
		}
	}
	return locale.English
}

// say tells a fault in words, with its wrong fields; other errors stand as they are.
func say(ctx context.Context, err error) string {
	f, ok := fault.As(err)
	if !ok {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(locale.Say(ctx, f.Key, f.Args))
	for _, field := range f.Fields {
		b.WriteString("\n  " + field.Name + ": " + locale.Say(ctx, field.Key, field.Args))
	}
	if cause := f.Unwrap(); cause != nil {
		b.WriteString("\n  (" + cause.Error() + ")")
	}
	return b.String()
}

func (e *env) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "lobby",
		Short:         "The front desk of a residential compound or commercial building",
		Example:       "  lobby serve --demo\n  lobby migrate status\n  lobby doctor",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       boot.Version(),
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		// One line per subcommand, in the order of the help.
		newServe(e),
		newDemo(e),
		newMigrate(e),
		newSite(e),
		newStaff(e),
		newDevice(e),
		newCalendar(e),
		newReport(e),
		newAudit(e),
		newKey(e),
		newBackup(e),
		newRestore(e),
		newTick(e),
		newDoctor(e),
	)
	e.mark(root)
	return root
}

// mark wraps every command so that run knows whether its own code was reached, and makes a bare group such as
// `lobby staff` a wrong call that says what there is.
func (e *env) mark(c *cobra.Command) {
	if inner := c.RunE; inner != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			e.started = true
			return inner(cmd, args)
		}
	} else if c.HasParent() && c.HasSubCommands() {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(cmd *cobra.Command, args []string) error {
			names := make([]string, 0, len(cmd.Commands()))
			for _, sub := range cmd.Commands() {
				names = append(names, sub.Name())
			}
			if len(args) > 0 {
				return usage("unknown command %q for %q; there are: %s", args[0], cmd.CommandPath(), strings.Join(names, ", "))
			}
			return usage("%q needs one of: %s", cmd.CommandPath(), strings.Join(names, ", "))
		}
	}
	for _, sub := range c.Commands() {
		e.mark(sub)
	}
}

// withApp opens database (embedded cluster or DATABASE_URL), key vault and services for one subcommand, which acts as
// cli:<os user>, and closes them again.
func (e *env) withApp(cmd *cobra.Command, fn func(ctx context.Context, app *boot.App) error) (err error) {
	if err := e.cfg.Validate(); err != nil {
		return err
	}
	if err := e.findDatabase(cmd); err != nil {
		return err
	}
	ctx := actor.With(cmd.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:" + osUser(), All: true})
	app, err := boot.Open(ctx, e.cfg, boot.Options{Log: e.logger(slog.LevelWarn)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	return fn(ctx, app)
}

// beginners are the commands that may begin an embedded database, as serve and restore do.
var beginners = []string{"lobby site add", "lobby demo load"}

// findDatabase refuses to begin a second, empty database where somebody forgot to say where the first one lies.
func (e *env) findDatabase(cmd *cobra.Command) error {
	if !e.cfg.Embedded() || slices.Contains(beginners, cmd.CommandPath()) {
		return nil
	}
	found, err := cluster.Look(cmd.Context(), e.cfg.Data)
	if err != nil || found.Exists {
		return nil //nolint:nilerr // what is wrong with one that is there, opening it says
	}
	return fmt.Errorf("there is no database in %s; LOBBY_DATA says where it lies, and 'lobby serve' or 'lobby site add' begins one", e.cfg.Data)
}

// inSite makes the command act for one site: the one with the code, or the only one there is where code is empty.
func inSite(ctx context.Context, app *boot.App, code string) (context.Context, site.Site, error) {
	s, err := pickSite(ctx, app, code)
	if err != nil {
		return ctx, s, err
	}
	a := actor.From(ctx)
	a.Site = s.ID
	return locale.WithZone(actor.With(ctx, a), s.Location()), s, nil
}

func pickSite(ctx context.Context, app *boot.App, code string) (site.Site, error) {
	if code != "" {
		s, err := app.Sites.ByCode(ctx, code)
		if fault.Is(err, fault.NotFound) {
			return s, fmt.Errorf("there is no site %q; `lobby site list` shows them", code)
		}
		return s, err
	}
	all, err := app.Sites.All(ctx)
	switch {
	case err != nil:
		return site.Site{}, err
	case len(all) == 0:
		return site.Site{}, errors.New("there is no site yet; make one with `lobby site add`")
	case len(all) > 1:
		return site.Site{}, usage("there are %d sites; say which with --site, `lobby site list` shows them", len(all))
	}
	return all[0], nil
}

func (e *env) logger(level slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if e.cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(e.Err, opts))
	}
	return slog.New(slog.NewTextHandler(e.Err, opts))
}

func osUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid%d", os.Getuid())
}
