package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/kit/fault"
	"lobby/app/site"
	"lobby/views/locale"
)

func newSite(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "site", Short: "Properties", Example: "  lobby site add\n  lobby site list\n  lobby site import places.xlsx --dry-run"}
	cmd.AddCommand(newSiteAdd(e), newSiteList(e), newSiteSet(e), newSiteImport(e), newSiteTemplate(e))
	return cmd
}

func newSiteAdd(e *env) *cobra.Command {
	var in site.Add
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a property",
		Long: `Add a property. On a terminal it asks for what no flag has answered, and proposes an answer where it can; elsewhere
--name and --code are needed.`,
		Example: `  lobby site add
  lobby site add --code riverside --name 滨河花园 --time-zone Asia/Shanghai --languages zh-CN,en --accent '#0b6e5f'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.terminal() == nil && (in.Name == "" && !cmd.Flags().Changed("name") || in.Code == "" && !cmd.Flags().Changed("code")) {
				return usage("without a terminal to ask at, --name and --code are needed")
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				all, err := app.Sites.All(ctx)
				if err != nil {
					return err
				}
				if e.terminal() != nil {
					if in, err = e.askSite(ctx, in, cmd.Flags().Changed, all); err != nil {
						return err
					}
				}
				s, err := app.SiteService().Add(ctx, in)
				if err != nil {
					return err
				}
				return e.print("Site %s (%s) stands. Next, somebody who administers it:\n  lobby staff add --site %s --role admin\n", s.Code, s.Name, s.Code)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Code, "code", "", "short name for the command line: a-z, 0-9, -")
	f.StringVar(&in.Name, "name", "", "the property's name, as screens show it")
	siteFlags(cmd, &in.TimeZone, &in.Languages, &in.Accent)
	return cmd
}

// siteFlags are the flags that adding and changing a property share.
func siteFlags(cmd *cobra.Command, zone *string, languages *[]string, accent *string) {
	f := cmd.Flags()
	f.StringVar(zone, "time-zone", site.DefaultZone, "time zone of its days")
	f.StringSliceVar(languages, "languages", locale.Languages, "languages of its screens, the first is its own: "+strings.Join(locale.Languages, ", "))
	f.StringVar(accent, "accent", site.DefaultAccent, "accent colour, #rrggbb")
}

// askSite asks for what no flag has answered.
func (e *env) askSite(ctx context.Context, in site.Add, given func(flag string) bool, all []site.Site) (site.Add, error) {
	taken := make([]string, len(all))
	for i, s := range all {
		taken[i] = s.Code
	}
	for _, q := range []struct {
		flag, prompt string
		proposal     func() string
		set          func(answer string)
	}{
		{"name", "Name of the property, as screens show it", func() string { return "" }, func(a string) { in.Name = a }},
		{"code", "Short code for the command line", func() string { return site.ProposeCode(in.Name, taken) }, func(a string) { in.Code = a }},
		{"time-zone", "Time zone", func() string { return in.TimeZone }, func(a string) { in.TimeZone = a }},
		{"languages", "Languages, the first is its own", func() string { return strings.Join(in.Languages, ", ") }, func(a string) { in.Languages = words(a) }},
		{"accent", "Accent colour", func() string { return in.Accent }, func(a string) { in.Accent = strings.ToLower(a) }},
	} {
		if given(q.flag) {
			continue
		}
		_, err := e.ask(ctx, asked{prompt: q.prompt, proposal: q.proposal(), check: func(answer string) error {
			q.set(answer)
			if err := only(in.Check(), q.flag); err != nil {
				return err
			}
			for _, s := range all {
				if q.flag == "code" && s.Code == in.Code {
					return fault.New(fault.Conflict, "site.code_taken", fault.Args{"Code": in.Code})
				}
			}
			return nil
		}})
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

// words splits what was typed at commas and spaces.
func words(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ' ' || r == '，' || r == '、' })
}

func newSiteSet(e *env) *cobra.Command {
	var name, zone, accent string
	var languages []string
	cmd := &cobra.Command{
		Use:     "set CODE",
		Short:   "Change a property's name, time zone, languages or accent colour",
		Long:    "Change what the flags say; the rest stays. Every screen of the property takes it up within a second.",
		Example: "  lobby site set riverside --name 滨河花园二期\n  lobby site set riverside --languages zh-TW,en --accent '#7a3b0b'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var in site.Set
			changed := 0
			for flag, to := range map[string]func(){
				"name": func() { in.Name = &name }, "time-zone": func() { in.TimeZone = &zone },
				"languages": func() { in.Languages = languages }, "accent": func() { in.Accent = &accent },
			} {
				if cmd.Flags().Changed(flag) {
					to()
					changed++
				}
			}
			if changed == 0 {
				return usage("say what to change: --name, --time-zone, --languages or --accent")
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, _, err := inSite(ctx, app, args[0])
				if err != nil {
					return err
				}
				s, err := app.SiteService().Set(ctx, in)
				if err != nil {
					return err
				}
				return e.print("Site %s: %s, %s, %s, %s\n", s.Code, s.Name, s.TimeZone, strings.Join(s.Languages, ","), s.Accent)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the property's name, as screens show it")
	siteFlags(cmd, &zone, &languages, &accent)
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
				_, _ = fmt.Fprintln(w, "CODE\tNAME\tTIME ZONE\tLANGUAGES\tACCENT\tDEMO")
				for _, s := range all {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%t\n", s.Code, s.Name, s.TimeZone, strings.Join(s.Languages, ","), s.Accent, s.Demo)
				}
				return w.Flush()
			})
		},
	}
}
