package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"lobby/app/boot"
)

func newTick(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "tick",
		Short: "Do once what is due, without serving",
		Long: `Do once what a server does by itself: note limits that have passed, pass cases on to the next
level, end visits of days that are over, each with its true time, remove the personal data of visits and tickets whose
term is over, end sessions that ran out, and seal the record. For a scheduler, where all servers may be asleep.`,
		Example: "  lobby tick\n  */5 * * * * lobby tick   # in a crontab",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				done, err := app.Tick(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d limits and escalations noted, %d visits ended with their day, %d visits and %d tickets past their term emptied, %d sessions ran out, %d records sealed\n",
					done.Overdue, done.Visits, done.Expired, done.ExpiredTickets, done.Sessions, done.Sealed)
				return err
			})
		},
	}
}
