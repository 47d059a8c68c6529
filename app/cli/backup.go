package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"
	"golang.org/x/term"

	"lobby/app/boot"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/backup"
)

func newBackup(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy everything into one file",
		Long: `Copy everything into one file: the whole database as it is at one moment, while servers run. The file is compressed,
has a checksum, and is there whole or not at all; one that is there already is never written over. "-" writes to the
standard output.

The key is not in it: LOBBY_KEY, or the key file of the embedded database, has to be kept elsewhere, and without it a
backup can't be restored. What is encrypted in the database is encrypted in the file; names of visitors are not, so keep
it as closed as the database itself.

The server of an embedded database takes one every night by itself, into LOBBY_BACKUP_DIR (default: the folder backups
below LOBBY_DATA; "off": none), keeps those of seven days and four weeks, and verifies the newest once a week.
Exit code 0: the file is written; 1: it is not, and nothing is left of it; 2: wrong call.`,
		Example: `  lobby backup /mnt/usb/lobby-2026-11-22.backup
  lobby backup - | ssh backup@elsewhere 'cat > lobby.backup'
  lobby backup verify /mnt/usb/lobby-2026-11-22.backup
  lobby backup list`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.cfg.ValidateKeyless(); err != nil {
				return err
			}
			out, isFile := e.Out.(*os.File)
			if args[0] == "-" && isFile && term.IsTerminal(int(out.Fd())) {
				return usage("a backup can't be shown here; name a file, or send the output somewhere")
			}
			if err := e.findDatabase(cmd); err != nil {
				return err
			}
			began, show := time.Now(), e.showProgress("Copying")
			c, err := boot.Backup(asOperator(cmd), e.cfg, args[0], e.Out, show)
			e.endProgress()
			if err != nil {
				return err
			}
			to := e.Out
			if args[0] == "-" {
				to = e.Err
			}
			return tellContents(to, "Backup written", c, time.Since(began))
		},
	}
	cmd.AddCommand(newBackupVerify(e), newBackupList(e))
	return cmd
}

func newBackupVerify(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Show that a backup brings everything back, by restoring it for trial",
		Long: `Show that a backup brings everything back: it is restored into a database of its own beside the real one, which is
dropped afterwards. Looked at are the checksum, the number of rows in each table, keys and constraints, whether the key
opens what is encrypted, and the record with its seal. Without FILE it is the newest of the daily backups.

It needs LOBBY_KEY or the key file, and room for a second copy on the database's disk; with DATABASE_URL the account
needs the right to make a database. "lobby doctor" says how old the last verified backup is.
Exit code 0: the backup is sound; 1: it is not, or the trial could not be made; 2: wrong call.`,
		Example: "  lobby backup verify\n  lobby backup verify /mnt/usb/lobby-2026-11-22.backup",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.cfg.ValidateKeyless(); err != nil {
				return err
			}
			if err := e.findDatabase(cmd); err != nil {
				return err
			}
			began, show := time.Now(), e.showProgress("Restoring for trial")
			done, file, err := boot.VerifyBackup(asOperator(cmd), e.cfg, strings.Join(args, ""), show)
			e.endProgress()
			if err != nil {
				return err
			}
			return tellContents(e.Out, file+" is sound: it brings everything back", done.Contents, time.Since(began))
		},
	}
}

func newBackupList(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the daily backups, and which were verified",
		Long: `List the daily backups in LOBBY_BACKUP_DIR (default for an embedded database: the folder backups below LOBBY_DATA),
what is in them, and which were verified by a restore.`,
		Example: "  lobby backup list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir := e.cfg.BackupFolder()
			if dir == "" {
				return e.print("No daily backups are taken here. LOBBY_BACKUP_DIR names a folder for them; lobby backup FILE takes one now.\n")
			}
			all, err := backup.Folder(dir)
			if err != nil {
				return err
			}
			if len(all) == 0 {
				return e.print("There is no backup in %s yet. A running server takes one every night, and the first as soon as there is a site.\n", dir)
			}
			return e.withSchema(cmd, func(ctx context.Context, direct *bun.DB) error {
				verified, err := boot.VerifiedBackups(ctx, direct)
				if err != nil {
					return err
				}
				return listBackups(e.Out, all, verified)
			})
		},
	}
}

func listBackups(out io.Writer, all []backup.Entry, verified map[string]time.Time) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "TAKEN\tSIZE\tSITES\tVISITS\tTICKETS\tVERIFIED\tFILE") // w keeps everything until Flush
	for _, entry := range all {
		c, err := backup.Peek(entry.Path)
		if err != nil {
			_, _ = fmt.Fprintf(w, "%s\t\t\t\t\tcan't be read\t%s\n", minute(entry.At), entry.Path)
			continue
		}
		sound := "no"
		if at, ok := verified[c.Digest]; ok {
			sound = minute(at)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%s\n", minute(c.Taken), size(c.Size), c.Rows("sites"), c.Rows("visits"), c.Rows("tickets"), sound, entry.Path)
	}
	return w.Flush()
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// size says a number of bytes as people do.
func size(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d B", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

func tellContents(out io.Writer, did string, c backup.Contents, took time.Duration) error {
	_, err := fmt.Fprintf(out, "%s: %s in %s, as of %s; %d sites, %d visits, %d tickets.\nSHA-256 %s\n",
		did, size(c.Size), took.Round(10*time.Millisecond), c.Taken.Format("2006-01-02 15:04:05 UTC"),
		c.Rows("sites"), c.Rows("visits"), c.Rows("tickets"), c.Digest)
	return err
}

// asOperator is the context of somebody at the command line.
func asOperator(cmd *cobra.Command) context.Context {
	return actor.With(cmd.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:" + osUser(), All: true})
}

// progressEvery is how often progress is told.
const progressEvery = 200 * time.Millisecond

// showProgress tells how far it is, on one line of a terminal; where there is no terminal nothing is told.
func (e *env) showProgress(doing string) func(backup.Progress) {
	file, ok := e.Err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func(backup.Progress) {}
	}
	began, said := time.Now(), time.Time{}
	return func(p backup.Progress) {
		if time.Since(said) < progressEvery {
			return
		}
		said = time.Now()
		what := doing + " " + p.Table
		switch p.Doing {
		case "prove":
			what = "Checking the file"
		case "build":
			what = "Making the indexes"
		}
		of := ""
		if p.Of > 0 {
			of = fmt.Sprintf(" (%d%%)", 100*p.Bytes/p.Of)
		}
		_, _ = fmt.Fprintf(file, "\r\x1b[K%s: %s%s, %s", what, size(p.Bytes), of, time.Since(began).Round(time.Second)) // the terminal may be gone
	}
}

// endProgress clears the line of progress.
func (e *env) endProgress() {
	if file, ok := e.Err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		_, _ = fmt.Fprint(file, "\r\x1b[K")
	}
}
