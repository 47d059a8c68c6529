package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lobby/app/boot"
)

func newRestore(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring everything back from a backup, into an empty database",
		Long: `Bring everything back from a backup, into an empty database: a LOBBY_DATA that has none yet (it is made), or the one of
DATABASE_URL. A database in which there is a site or anybody of staff is refused, and so is one on which a server is at
work. Backups of the embedded database can be restored to a server and the other way round, and to another version of
PostgreSQL.

The checksum is proven before anything is written; then it is all or nothing: stopped anywhere, the database is as
empty as before, and the command can be called again. A backup of an earlier release is brought up to this one.

The key that was in use when the backup was taken must be at hand: in LOBBY_KEY, or as the key file of LOBBY_DATA.
Afterwards everybody signs in anew, open screens catch up by themselves, and the restore is on record.
Exit code 0: everything is back; 1: it is not, and nothing was changed; 2: wrong call.`,
		Example: `  # a new machine, embedded database
  export LOBBY_DATA=/var/lib/lobby
  install -d -m 711 $LOBBY_DATA && install -m 600 /mnt/usb/lobby.key $LOBBY_DATA/lobby.key
  lobby restore /mnt/usb/lobby-2026-11-22.backup

  # a new, empty database on a server
  DATABASE_URL=postgres://… LOBBY_KEY=… lobby restore lobby-2026-11-22.backup`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" {
				return usage("a backup is read twice, first to prove that it is whole; it has to be a file")
			}
			if err := e.cfg.ValidateKeyless(); err != nil {
				return err
			}
			began, show := time.Now(), e.showProgress("Restoring")
			done, err := boot.Restore(asOperator(cmd), e.cfg, args[0], show)
			e.endProgress()
			if err != nil {
				return err
			}
			return e.tellRestored(done, time.Since(began))
		},
	}
}

func (e *env) tellRestored(done boot.Restored, took time.Duration) error {
	if err := tellContents(e.Out, "Everything is back", done.Contents, took); err != nil {
		return err
	}
	var b strings.Builder
	if n := len(done.Migrated); n > 0 {
		fmt.Fprintf(&b, "The backup was of an earlier release; %d migrations were applied.\n", n)
	}
	if len(done.Left) > 0 {
		fmt.Fprintf(&b, "Left out, since they are not lobby's: the tables %s.\n", strings.Join(done.Left, ", "))
	}
	fmt.Fprintf(&b, "Everybody signs in anew. People, passwords and %d paired devices are as they were then: look whether somebody was\n"+
		"disabled or a device revoked since (lobby staff list, lobby device list).\n", done.Devices)
	return e.print("%s", b.String())
}
