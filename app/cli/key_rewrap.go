package cli

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/kit/actor"
)

func newKeyRewrap(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "rewrap",
		Short: "Change LOBBY_KEY, or the key file",
		Long: `Change LOBBY_KEY, or the key file. The key ring is wrapped with the new key; nothing is encrypted anew, and
running servers go on until their next start.

With DATABASE_URL the old key is read from LOBBY_KEY and the new one from LOBBY_NEW_KEY. An embedded database gets a new
key file (with LOBBY_NEW_KEY: of that key), and the old one is kept under another name. Keep the old key as long as you
keep backups of before: they open only with it.`,
		Example: "  export LOBBY_NEW_KEY=$(lobby key new)   # keep a copy in a safe place\n  lobby key rewrap\n  # then set LOBBY_KEY to the new key everywhere, and start each server again",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.cfg.Validate(); err != nil {
				return err
			}
			if err := e.findDatabase(cmd); err != nil {
				return err
			}
			ctx := actor.With(cmd.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:" + osUser(), All: true})
			done, err := boot.RewrapKey(ctx, e.cfg, boot.Options{Log: e.logger(slog.LevelWarn)})
			if err != nil {
				return err
			}
			return showRewrapped(e.Out, done)
		},
	}
}

func showRewrapped(out io.Writer, done boot.Rewrapped) error {
	var text string
	switch {
	case done.Already:
		text = "The key ring is wrapped with the new key already. Set LOBBY_KEY to it everywhere, and start each server again.\n"
	case done.File == "":
		text = "The key ring is wrapped with the new key. Set LOBBY_KEY to it everywhere, and start each server again: a start with the\n" +
			"old key is refused. Running servers go on. Keep the old key as long as you keep backups of before.\n"
	default:
		text = fmt.Sprintf("The key ring is wrapped with a new key: %s. Copy it to a safe place outside this machine now.\n"+
			"The old key is kept as %s; backups of before need it. Running servers go on;\nstart them again before the next 'lobby key rotate'.\n", done.File, done.Kept)
	}
	_, err := io.WriteString(out, text)
	return err
}
