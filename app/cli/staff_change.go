package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/staff"
)

func newStaffGrant(e *env) *cobra.Command {
	return roleCommand(e, "grant LOGIN", "Give somebody who is there further roles at a site",
		"  lobby staff grant li.ming --site riverside --role supervisor",
		func(ctx context.Context, app *boot.App, login string, roles []staff.Role) (*staff.Person, error) {
			return app.Staff.Grant(ctx, login, roles)
		}, "%s has now the roles at %s: %s\n")
}

func newStaffRevoke(e *env) *cobra.Command {
	return roleCommand(e, "revoke LOGIN", "Take roles at a site away; it counts at once",
		"  lobby staff revoke li.ming --site riverside --role supervisor,agent",
		func(ctx context.Context, app *boot.App, login string, roles []staff.Role) (*staff.Person, error) {
			return app.Staff.Withdraw(ctx, login, roles)
		}, "%s has no longer the roles at %s: %s\n")
}

// roleCommand is a command that gives or takes roles.
func roleCommand(e *env, use, short, example string, do func(context.Context, *boot.App, string, []staff.Role) (*staff.Person, error), done string) *cobra.Command {
	var at string
	var names []string
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			roles, err := parseRoles(names)
			if err != nil {
				return err
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, here, err := inSite(ctx, app, at)
				if err != nil {
					return err
				}
				p, err := do(ctx, app, args[0], roles)
				if err != nil {
					return err
				}
				return e.print(done, p.Login, here.Code, strings.Join(names, ", "))
			})
		},
	}
	cmd.Flags().StringSliceVar(&names, "role", nil, "role; may be given several times: "+roleNames())
	cmd.Flags().StringVar(&at, "site", "", "short name of the site; not needed where there is one only")
	_ = cmd.MarkFlagRequired("role")
	return cmd
}

func newStaffPasswd(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "passwd LOGIN",
		Short: "Give somebody a new password; they are signed out everywhere",
		Long: `Give somebody a new password. They are signed out everywhere, and a wait after wrong passwords ends. The password is
asked for, or read from standard input where that is no terminal.`,
		Example: "  lobby staff passwd li.ming",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				password, err := e.askPassword(ctx, "New password for "+args[0], func(typed string) error {
					return staff.CheckPassword(typed, args[0])
				})
				if err != nil {
					return err
				}
				if _, err := app.Staff.SetPassword(ctx, args[0], password); err != nil {
					return err
				}
				return e.print("%s has a new password and is signed out everywhere.\n", args[0])
			})
		},
	}
}

func newStaffDisable(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "disable LOGIN",
		Short:   "Shut somebody out at once and everywhere; their records stay",
		Example: "  lobby staff disable li.ming",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				if _, err := app.Staff.Disable(ctx, args[0]); err != nil {
					return err
				}
				return e.print("%s is disabled and signed out everywhere.\n", args[0])
			})
		},
	}
}

func newStaffEnable(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "enable LOGIN",
		Short:   "Let somebody in again, with the roles and the password that they had",
		Example: "  lobby staff enable li.ming",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				if _, err := app.Staff.Enable(ctx, args[0]); err != nil {
					return err
				}
				return e.print("%s may sign in again.\n", args[0])
			})
		},
	}
}
