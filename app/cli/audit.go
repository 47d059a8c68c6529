package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"lobby/app/boot"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/staff"
)

func newAudit(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "audit",
		Short:   "The record of who did what",
		Example: "  lobby audit verify\n  lobby audit verify --head 184-1f0a9c44d2b7e6035588c1aa",
	}
	cmd.AddCommand(newAuditVerify(e))
	return cmd
}

func newAuditVerify(e *env) *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nobody changed, deleted or inserted anything in the record",
		Long: `Check that nobody changed, deleted or inserted anything in the record.

Every row is sealed in a chain with a key that is not in the database. A cut-off end can only be found by
comparison with a head that was kept elsewhere: it is written to the log daily ("audit head"), and printed here.
Exit code 0: in order; 1: something was found, or the check could not be done; 2: wrong call.`,
		Example: "  lobby audit verify\n  lobby audit verify --head 184-1f0a9c44d2b7e6035588c1aa",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if head != "" {
				if err := audit.CheckHead(head); err != nil {
					return usage("--head: %w", err)
				}
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				result, err := verifyAudit(ctx, app, head)
				if err != nil {
					return err
				}
				return showVerified(e.Out, result)
			})
		},
	}
	cmd.Flags().StringVar(&head, "head", "", "head that was kept, to find a cut-off end")
	return cmd
}

// verifyAudit records that somebody checks, seals what is waiting, and goes through the chain.
func verifyAudit(ctx context.Context, app *boot.App, head string) (*audit.Result, error) {
	if _, err := actor.Require(ctx, staff.VerifyAudit); err != nil {
		return nil, err
	}
	_, err := db.Tx(ctx, app.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "audit.verify", Subject: "audit_chain"})
	})
	if err != nil {
		return nil, err
	}
	if _, err := audit.SealAll(ctx, app.DB, app.Vault.AuditKey()); err != nil {
		return nil, err
	}
	return audit.Verify(ctx, app.DB, app.Vault.AuditKey(), head)
}

func showVerified(out io.Writer, r *audit.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Sealed rows:     %d\n", r.Sealed)
	if r.Pending > 0 {
		fmt.Fprintf(&b, "Not sealed yet:  %d, the oldest of %s\n", r.Pending, r.Oldest.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	fmt.Fprintf(&b, "Head:            %s\n", r.Head)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "FOUND %s: %s\n", f.Flaw, f)
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "… and %d more\n", r.More)
	}
	if r.OK() {
		b.WriteString("The record is in order.\n")
	}
	if _, err := io.WriteString(out, b.String()); err != nil || r.OK() {
		return err
	}
	return fmt.Errorf("the record is not as it was sealed: %d findings; keep the database and the log as they are, and tell whoever answers for privacy",
		int64(len(r.Findings))+r.More)
}
