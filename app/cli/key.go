package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"lobby/app/kit/pii"
)

func newKey(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "key",
		Short:   "The key that closes personal data",
		Example: "  export LOBBY_KEY=$(lobby key new)\n  lobby key rotate\n  lobby key rewrap",
	}
	cmd.AddCommand(newKeyRotate(e), newKeyRewrap(e))
	cmd.AddCommand(&cobra.Command{
		Use:   "new",
		Short: "Print a new LOBBY_KEY for a new database",
		Long: `Print a new LOBBY_KEY for a new database.

It is needed where DATABASE_URL is set; an embedded cluster makes its own key file. Keep a copy in a safe place:
without it nobody can read the phones and identity numbers in the database or in its backups. A database that is
in use keeps the key with which it was first started, until 'lobby key rewrap' changes it.`,
		Example: "  export LOBBY_KEY=$(lobby key new)\n  fly secrets set LOBBY_KEY=\"$(lobby key new)\"",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(e.Out, pii.NewKey().Text())
			return err
		},
	})
	return cmd
}
