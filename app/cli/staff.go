package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

func newStaff(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "staff",
		Short:   "Members of staff",
		Example: "  lobby staff add li.ming --name 李明 --role agent\n  lobby staff list",
	}
	cmd.AddCommand(newStaffAdd(e), newStaffList(e), newStaffGrant(e), newStaffRevoke(e), newStaffPasswd(e), newStaffDisable(e), newStaffEnable(e))
	return cmd
}

func newStaffAdd(e *env) *cobra.Command {
	var in staff.Add
	var site string
	var roles []string
	cmd := &cobra.Command{
		Use:   "add [LOGIN]",
		Short: "Take somebody in, or give somebody who is there roles at a further site",
		Long: `Take somebody in, with one or more roles at a site. On a terminal it asks for what is missing, and for the password
twice; elsewhere the password is read from standard input. Somebody who is there already is given the roles at the
site; their password stays.

Roles: ` + roleNames() + `.`,
		Example: `  lobby staff add --role admin
  lobby staff add li.ming --name 李明 --role agent
  lobby staff add wang --name 王芳 --role receptionist --role cashier --site riverside --language zh-TW
  printf '%s\n' "$PASSWORD" | lobby staff add admin --name Admin --role admin`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				in.Login = args[0]
			}
			var err error
			if in.Roles, err = parseRoles(roles); err != nil {
				return err
			}
			if e.terminal() == nil {
				switch {
				case in.Login == "":
					return usage("without a terminal to ask at, LOGIN is needed as the argument")
				case len(in.Roles) == 0:
					return usage("without a terminal to ask at, --role is needed; there are: %s", roleNames())
				}
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, at, err := inSite(ctx, app, site)
				if err != nil {
					return err
				}
				return e.addStaff(ctx, app, in, at)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Name, "name", "", "name, as colleagues see it")
	f.StringSliceVar(&roles, "role", nil, "role at the site; may be given several times")
	f.StringVar(&site, "site", "", "short name of the site; not needed where there is one only")
	f.StringVar(&in.Language, "language", "", "language: "+strings.Join(locale.Languages, ", ")+" (default: the site's first)")
	return cmd
}

func parseRoles(names []string) (roles []staff.Role, err error) {
	for _, r := range names {
		if !slices.Contains(staff.Roles, staff.Role(r)) {
			return nil, usage("there is no role %q; there are: %s", r, roleNames())
		}
		roles = append(roles, staff.Role(r))
	}
	return roles, nil
}

func (e *env) addStaff(ctx context.Context, app *boot.App, in staff.Add, at site.Site) (err error) {
	if in, err = e.askRoles(ctx, in); err != nil {
		return err
	}
	said := strings.Join(roleText(in.Roles), ", ")
	known, err := app.Staff.Known(ctx, in.Login)
	if err != nil {
		return err
	}
	if known {
		if _, err := app.Staff.Grant(ctx, in.Login, in.Roles); err != nil {
			return err
		}
		return e.print("%s is there already and has now the roles at %s: %s\n", in.Login, at.Code, said)
	}
	if in.Name == "" {
		if e.terminal() == nil {
			return usage("--name is needed for somebody new")
		}
		if in.Name, err = e.ask(ctx, asked{prompt: "Name, as colleagues see it", check: one(in, "name")}); err != nil {
			return err
		}
	}
	if in.Password, err = e.askPassword(ctx, "Password for "+in.Login, one(in, "password")); err != nil {
		return err
	}
	p, err := app.Staff.Add(ctx, in)
	if err != nil {
		return err
	}
	if err := e.print("%s is added at %s: %s\n", p.Login, at.Code, said); err != nil {
		return err
	}
	if !slices.Contains(in.Roles, staff.Admin) {
		return nil
	}
	return e.print(`Next: lobby serve, and sign in as %s at %s. There, or here at the command line:
  lobby site import FILE --site %s      buildings, households and zones from a spreadsheet (lobby site template)
  lobby staff add --site %s             colleagues
  lobby device pair --site %s           kiosk, wall and lobby display
`, p.Login, address(app, "/login"), at.Code, at.Code, at.Code)
}

// askRoles asks for user name and roles where the command line didn't say them.
func (e *env) askRoles(ctx context.Context, in staff.Add) (staff.Add, error) {
	var err error
	if in.Login == "" {
		if in.Login, err = e.ask(ctx, asked{prompt: "User name", proposal: proposedLogin(in.Roles), check: one(in, "login")}); err != nil {
			return in, err
		}
	}
	if len(in.Roles) == 0 {
		answer, err := e.ask(ctx, asked{prompt: "Roles (" + roleNames() + ")", check: one(in, "role")})
		if err != nil {
			return in, err
		}
		if in.Roles, err = parseRoles(words(answer)); err != nil {
			return in, err
		}
	}
	return in, nil
}

// one checks an answer as the whole will be checked, and looks at its own field only.
func one(in staff.Add, field string) func(answer string) error {
	return func(answer string) error {
		try := in
		switch field {
		case "login":
			try.Login = answer
		case "name":
			try.Name = answer
		case "password":
			try.Password = answer
		case "role":
			var err error
			if try.Roles, err = parseRoles(words(answer)); err != nil {
				return err
			}
		}
		return only(try.Check(), field)
	}
}

// proposedLogin is "admin" for an administrator, else nothing.
func proposedLogin(roles []staff.Role) string {
	if slices.Contains(roles, staff.Admin) {
		return "admin"
	}
	return ""
}

func roleText(roles []staff.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}

func roleNames() string { return strings.Join(roleText(staff.Roles), ", ") }

func newStaffList(e *env) *cobra.Command {
	var site string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List staff with their roles",
		Example: "  lobby staff list\n  lobby staff list --site riverside",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				if site != "" {
					var err error
					if ctx, _, err = inSite(ctx, app, site); err != nil {
						return err
					}
				}
				list, err := app.Staff.List(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(e.Out, 0, 4, 2, ' ', 0)
				_, _ = fmt.Fprintln(w, "LOGIN\tNAME\tROLES\tLANGUAGE\tSTATE")
				for _, p := range list {
					state := "active"
					if p.DisabledAt != nil {
						state = "disabled"
					}
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Login, p.Name, strings.Join(p.Roles, ","), p.Language, state)
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().StringVar(&site, "site", "", "only staff of the site with this short name")
	return cmd
}

func (e *env) print(format string, args ...any) error {
	_, err := fmt.Fprintf(e.Out, format, args...)
	return err
}
