package cli

import (
	"log/slog"

	"github.com/spf13/cobra"

	"lobby/app/boot"
)

func newServe(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve kiosk, wall and desk",
		Long: `Serve kiosk, wall and desk.

Without DATABASE_URL the binary runs a PostgreSQL of its own under LOBBY_DATA and keeps its schema up to date.
With DATABASE_URL it refuses to start while migrations are pending: run 'lobby migrate up' as the release step,
or serve with --migrate.

Where there is no site yet, it prints a link, good once and for an hour, that makes the site and its first administrator
in the browser. --demo=false refuses a database that holds the demo site, whose passwords are public.`,
		Example: `  lobby serve --demo
  LOBBY_ADDR=:80 LOBBY_URL=http://lobby.example.com lobby serve
  DATABASE_URL=postgres://lobby:secret@db/lobby?sslmode=verify-full LOBBY_KEY=... lobby serve --migrate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.cfg.Validate(); err != nil {
				return err
			}
			noDemo := cmd.Flags().Changed("demo") && !e.cfg.Demo
			return boot.Serve(cmd.Context(), e.cfg, boot.Options{Log: e.logger(slog.LevelInfo), Out: e.Out, NoDemo: noDemo})
		},
	}
	e.cfg.BindServe(cmd.Flags())
	return cmd
}
