package cli

import (
	"context"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/boot/demo"
)

func newDemo(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "demo", Short: "The reference site", Example: "  lobby demo load"}
	cmd.AddCommand(newDemoLoad(e))
	return cmd
}

func newDemoLoad(e *env) *cobra.Command {
	tickets := 0
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Load the reference site with a week of visitors and tickets",
		Long: `Load the reference site: its zones, buildings, households and shops, staff in every role, and a week of visitors
and tickets. It refuses a database that holds a real site, and does nothing where the reference site stands already.

With --tickets it adds that many tickets besides, spread over two years, with their whole histories, to try a site of
such a size: a million take some minutes and about six gigabytes. Stop a server that works with the database before.`,
		Example: "  lobby demo load\n  LOBBY_DATA=./var/large lobby demo load --tickets 1000000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("tickets") && tickets < demo.MinMany {
				return usage("--tickets must be at least %d", demo.MinMany)
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				if tickets == 0 {
					return app.LoadDemo(ctx, cmd.OutOrStdout())
				}
				_, err := app.LoadMany(ctx, cmd.OutOrStdout(), demo.Many{Tickets: tickets})
				return err
			})
		},
	}
	cmd.Flags().IntVar(&tickets, "tickets", tickets, "how many tickets to add to the week's")
	return cmd
}
