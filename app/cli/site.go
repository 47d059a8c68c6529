package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/site"
)

func newSite(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "site", Short: "Properties", Example: "  lobby site add --code riverside --name 滨河花园\n  lobby site list\n  lobby site import places.xlsx --dry-run"}
	cmd.AddCommand(newSiteAdd(e), newSiteList(e), newSiteImport(e), newSiteTemplate(e))
	return cmd
}

func newSiteAdd(e *env) *cobra.Command {
	var in site.Add
	cmd := &cobra.Command{
		Use:     "add",
		Short:   "Add a property",
		Example: "  lobby site add --code riverside --name 滨河花园 --time-zone Asia/Shanghai",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				s, err := app.SiteService().Add(ctx, in)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Site %s (%s) stands. Next: lobby staff add --site %s\n", s.Code, s.Name, s.Code)
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Code, "code", "", "short name for the command line: a-z, 0-9, -")
	f.StringVar(&in.Name, "name", "", "the property's name, as screens show it")
	f.StringVar(&in.TimeZone, "time-zone", "Asia/Shanghai", "time zone of its days")
	f.StringVar(&in.Accent, "accent", "#0b6e5f", "accent colour, #rrggbb")
	_ = cmd.MarkFlagRequired("code")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}

func newSiteList(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the properties",
		Example: "  lobby site list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				all, err := app.Sites.All(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0) // keeps everything until Flush
				_, _ = fmt.Fprintln(w, "CODE\tNAME\tTIME ZONE\tDEMO")
				for _, s := range all {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%t\n", s.Code, s.Name, s.TimeZone, s.Demo)
				}
				return w.Flush()
			})
		},
	}
}
