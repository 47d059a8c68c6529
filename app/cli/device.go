package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/staff"
	"lobby/views/locale"
)

func newDevice(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "device",
		Short:   "Kiosks, lobby displays and walls",
		Example: "  lobby device pair --kind wall --name 监控室\n  lobby device list",
	}
	cmd.AddCommand(newDevicePair(e), newDeviceList(e), newDeviceRevoke(e))
	return cmd
}

func newDevicePair(e *env) *cobra.Command {
	var in staff.Pair
	var site string
	cmd := &cobra.Command{
		Use:   "pair",
		Short: "Get the code that connects a screen",
		Long: `Get the code that connects a screen: open the address on the screen and enter the code. It works once, within ten
minutes, and bears five wrong tries. A screen needs no person signed in, and can do nothing but its own.

Kinds: kiosk (visitors register themselves), display (for the lobby), wall (tickets, for staff).`,
		Example: `  lobby device pair --kind kiosk --name 大堂
  lobby device pair --kind wall --name 'Control room' --language en --site riverside`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(staff.Kinds, in.Kind) {
				return usage("--kind is one of: %s", strings.Join(staff.Kinds, ", "))
			}
			if in.Language != "" && !slices.Contains(locale.Languages, in.Language) {
				return usage("--language is one of: %s", strings.Join(locale.Languages, ", "))
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, at, err := inSite(ctx, app, site)
				if err != nil {
					return err
				}
				code, d, err := app.Staff.Pair(ctx, in)
				if err != nil {
					return err
				}
				return e.print("Device %d (%s %q at %s).\nOpen %s on the screen and enter %s %s within 10 minutes.\n",
					d.ID, d.Kind, d.Name, at.Code, address(app, "/pair"), code[:4], code[4:])
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Kind, "kind", "", "kind of screen: "+strings.Join(staff.Kinds, ", "))
	f.StringVar(&in.Name, "name", "", "where it hangs, for the list")
	f.StringVar(&in.Language, "language", "", "its language: "+strings.Join(locale.Languages, ", ")+" (default: the site's first)")
	f.StringVar(&site, "site", "", "short name of the site; not needed where there is one only")
	_ = cmd.MarkFlagRequired("kind")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}

// address says where a page is, as far as it is known.
func address(app *boot.App, path string) string {
	if app.Config.URL != "" {
		return app.Config.URL + path
	}
	return path + " at this server's address"
}

func newDeviceList(e *env) *cobra.Command {
	var site string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List devices",
		Example: "  lobby device list\n  lobby device list --site riverside",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				if site != "" {
					var err error
					if ctx, _, err = inSite(ctx, app, site); err != nil {
						return err
					}
				}
				list, err := app.Staff.Devices(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(e.Out, 0, 4, 2, ' ', 0)
				_, _ = fmt.Fprintln(w, "ID\tKIND\tNAME\tLANGUAGE\tSTATE\tLAST SEEN")
				for _, d := range list {
					_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.Kind, d.Name, d.Language, d.State(app.Now()), seen(d.SeenAt))
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().StringVar(&site, "site", "", "only devices of the site with this short name")
	return cmd
}

func seen(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

func newDeviceRevoke(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID",
		Short:   "Shut a screen out at once; `lobby device list` shows the ids",
		Example: "  lobby device revoke 3",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id <= 0 {
				return usage("%q is no id; `lobby device list` shows them", args[0])
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				d, err := app.Staff.Revoke(ctx, id)
				if err != nil {
					return err
				}
				return e.print("Device %d (%s %q) is revoked.\n", d.ID, d.Kind, d.Name)
			})
		},
	}
}
