package cli

import (
	"context"

	"github.com/spf13/cobra"

	"lobby/app/boot"
)

func newDemo(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "demo", Short: "The reference site", Example: "  lobby demo load"}
	cmd.AddCommand(&cobra.Command{
		Use:   "load",
		Short: "Load the reference site with a week of visitors and tickets",
		Long: `Load the reference site: its zones, buildings, households and shops, staff in every role, and a week of visitors
and tickets. It refuses a database that holds a real site, and does nothing where the reference site stands already.`,
		Example: "  lobby demo load",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				return app.LoadDemo(ctx, cmd.OutOrStdout())
			})
		},
	})
	return cmd
}
