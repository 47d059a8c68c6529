package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"lobby/app/boot"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
)

func newMigrate(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "The database's schema",
		Long: `The database's schema. With DATABASE_URL (and DATABASE_DIRECT_URL, where the first leads to a connection pooler) it
is brought up to date by "lobby migrate up" before the new program serves. The embedded database is brought up to date
by the server itself.`,
		Example: "  lobby migrate status\n  lobby migrate up",
	}
	cmd.AddCommand(newMigrateUp(e), newMigrateDown(e), newMigrateStatus(e))
	return cmd
}

func newMigrateUp(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Apply the migrations that are missing",
		Long: `Apply the migrations that are missing, each in one transaction. Several machines may do this at the same time: one
works, the others wait and find it done. A migration that fails leaves nothing behind, and the program of before goes
on. Where a later release has migrated already there is nothing to do, as long as this program works with its schema;
one that doesn't is refused.`,
		Example: "  lobby migrate up\n  DATABASE_URL=postgres://… lobby migrate up",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withSchema(cmd, func(ctx context.Context, direct *bun.DB) error {
				names, err := db.Migrate(ctx, direct)
				err = errors.Join(err, noteSchema(ctx, direct, "schema.up", names))
				if err != nil && len(names) == 0 {
					return err
				}
				return errors.Join(tell(cmd.OutOrStdout(), "Applied", names, "The schema is up to date."), err)
			})
		},
	}
}

func newMigrateDown(e *env) *cobra.Command {
	steps, yes := 1, false
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Take the last migration back, with the data in it",
		Long: `Take the last migration back, or the last several, newest first. What stands in the tables they made is deleted, so
this wants --yes; without it the command only says what it would take back.`,
		Example: "  lobby migrate down\n  lobby migrate down --steps 2 --yes",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if steps < 1 {
				return usage("--steps must be 1 or more")
			}
			return e.withSchema(cmd, func(ctx context.Context, direct *bun.DB) error {
				if !yes {
					return wouldTakeBack(ctx, direct, steps)
				}
				names, err := db.Rollback(ctx, direct, steps)
				err = errors.Join(err, noteSchema(ctx, direct, "schema.down", names))
				return errors.Join(tell(cmd.OutOrStdout(), "Took back", names, "Nothing is applied."), err)
			})
		},
	}
	cmd.Flags().IntVar(&steps, "steps", steps, "how many migrations")
	cmd.Flags().BoolVar(&yes, "yes", yes, "delete the data in them")
	return cmd
}

func newMigrateStatus(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "List the migrations and when each was applied",
		Example: "  lobby migrate status",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withSchema(cmd, func(ctx context.Context, direct *bun.DB) error {
				list, err := db.Status(ctx, direct)
				if err != nil {
					return err
				}
				return printStatus(cmd.OutOrStdout(), list, db.Check(ctx, direct))
			})
		},
	}
}

// withSchema opens only the database: the schema's own commands must work where the rest can't start.
func (e *env) withSchema(cmd *cobra.Command, fn func(ctx context.Context, direct *bun.DB) error) error {
	if err := e.cfg.ValidateKeyless(); err != nil {
		return err
	}
	ctx := actor.With(cmd.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:" + osUser(), All: true})
	return e.withDatabase(ctx, func(direct *bun.DB) error { return fn(ctx, direct) })
}

func (e *env) withDatabase(ctx context.Context, fn func(direct *bun.DB) error) (err error) {
	direct, done, err := boot.Connect(ctx, e.cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return fn(direct)
}

// noteSchema puts a change of the schema on record, where there is a record: the first migration makes it, and taking
// that one back removes it.
func noteSchema(ctx context.Context, direct *bun.DB, verb string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var there bool
	err := direct.NewRaw("select to_regclass('audit_log') is not null").Scan(ctx, &there)
	if err != nil || !there {
		return err
	}
	return audit.Append(ctx, direct, audit.Entry{Verb: verb, Subject: "bun_migrations", Fields: names})
}

func wouldTakeBack(ctx context.Context, direct *bun.DB, steps int) error {
	list, err := db.Status(ctx, direct)
	if err != nil {
		return err
	}
	var names []string
	for i := len(list) - 1; i >= 0 && len(names) < steps; i-- {
		if !list[i].Applied.IsZero() {
			names = append(names, title(list[i]))
		}
	}
	if len(names) == 0 {
		return errors.New("nothing is applied, so nothing can be taken back")
	}
	return usage("this would take back %s and delete the data in it; say --yes to do so", strings.Join(names, ", "))
}

func tell(w io.Writer, did string, names []string, nothing string) error {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(did + " " + name + "\n")
	}
	if len(names) == 0 {
		b.WriteString(nothing + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printStatus(out io.Writer, list []db.Migration, fit error) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	missing, unknown := 0, 0
	for _, m := range list {
		state := "missing"
		switch {
		case !m.Known:
			unknown++
			state = "applied by a newer program, " + m.Applied.Format(time.RFC3339)
		case m.Applied.IsZero():
			missing++
		default:
			state = "applied " + m.Applied.Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\n", title(m), state); err != nil {
			return err
		}
	}
	summary := "The schema is up to date."
	switch {
	case errors.Is(fit, db.ErrNewerSchema):
		summary = "The schema is newer than this program; run the newer program."
	case unknown > 0:
		summary = "A later release has migrated; this program works with it until that one takes over."
	case missing > 0:
		summary = "Some migrations are missing; apply them with: lobby migrate up"
	}
	if _, err := fmt.Fprintln(w, summary); err != nil {
		return err
	}
	return w.Flush()
}

func title(m db.Migration) string {
	if m.Comment == "" {
		return m.Name
	}
	return m.Name + "_" + m.Comment
}
