package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lobby/app/boot"
	"lobby/app/staff"
	"lobby/views/locale"
)

func newStaff(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "staff",
		Short:   "Members of staff",
		Example: "  lobby staff add li.ming --name 李明 --role agent\n  lobby staff list",
	}
	cmd.AddCommand(newStaffAdd(e), newStaffList(e), newStaffPasswd(e), newStaffDisable(e))
	return cmd
}

func newStaffAdd(e *env) *cobra.Command {
	var in staff.Add
	var site string
	var roles []string
	cmd := &cobra.Command{
		Use:   "add LOGIN",
		Short: "Take somebody in, or give somebody who is there roles at a further site",
		Long: `Take somebody in, with one or more roles at a site. The password is asked for, or read from standard input where
that is no terminal. Somebody who is there already is given the roles at the site; their password stays.

Roles: ` + roleNames() + `.`,
		Example: `  lobby staff add li.ming --name 李明 --role agent
  lobby staff add wang --name 王芳 --role receptionist --role cashier --site riverside --language zh-TW
  printf '%s\n' "$PASSWORD" | lobby staff add admin --name Admin --role admin`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Login = args[0]
			for _, r := range roles {
				if !slices.Contains(staff.Roles, staff.Role(r)) {
					return usage("there is no role %q; there are: %s", r, roleNames())
				}
				in.Roles = append(in.Roles, staff.Role(r))
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, at, err := inSite(ctx, app, site)
				if err != nil {
					return err
				}
				known, err := app.Staff.Known(ctx, in.Login)
				if err != nil {
					return err
				}
				if known {
					if _, err := app.Staff.Grant(ctx, in.Login, in.Roles); err != nil {
						return err
					}
					return e.print("%s is there already and has now the roles at %s: %s\n", in.Login, at.Code, strings.Join(roles, ", "))
				}
				if in.Name == "" {
					return usage("--name is needed for somebody new")
				}
				if in.Password, err = e.askPassword("Password for " + in.Login); err != nil {
					return err
				}
				p, err := app.Staff.Add(ctx, in)
				if err != nil {
					return err
				}
				return e.print("%s is added at %s: %s\n", p.Login, at.Code, strings.Join(roles, ", "))
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Name, "name", "", "name, as colleagues see it")
	f.StringSliceVar(&roles, "role", nil, "role at the site; may be given several times")
	f.StringVar(&site, "site", "", "short name of the site; not needed where there is one only")
	f.StringVar(&in.Language, "language", locale.Simplified, "language: "+strings.Join(locale.Languages, ", "))
	_ = cmd.MarkFlagRequired("role")
	return cmd
}

func roleNames() string {
	names := make([]string, len(staff.Roles))
	for i, r := range staff.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

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
				password, err := e.askPassword("New password for " + args[0])
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

func (e *env) print(format string, args ...any) error {
	_, err := fmt.Fprintf(e.Out, format, args...)
	return err
}

// askPassword asks twice on a terminal, without showing what is typed; elsewhere it reads one line. A password is never
// an argument: those stand in the process list and the shell's history.
func (e *env) askPassword(prompt string) (string, error) {
	file, ok := e.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(e.In, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("no password came on standard input")
		}
		return line, nil
	}
	var typed [2]string
	for i, again := range []string{"", " again"} {
		if _, err := fmt.Fprintf(e.Err, "%s%s: ", prompt, again); err != nil {
			return "", err
		}
		raw, err := term.ReadPassword(int(file.Fd()))
		_, _ = fmt.Fprintln(e.Err)
		if err != nil {
			return "", err
		}
		typed[i] = string(raw)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ; nothing is changed")
	}
	return typed[0], nil
}
