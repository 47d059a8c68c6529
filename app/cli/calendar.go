package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"lobby/app/boot"
	"lobby/app/site/calendar"
)

func newCalendar(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:     "calendar",
		Short:   "Public holidays, and the weekend days that are worked for them",
		Example: "  lobby calendar import 2027.csv",
	}
	c.AddCommand(newCalendarImport(e))
	return c
}

func newCalendarImport(e *env) *cobra.Command {
	code, year := "", 0
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take a year's holidays and make-up working days from a CSV file",
		Long: `Take the calendar of one year from a CSV file in UTF-8 with the columns date, kind (holiday or workday) and name, in
place of the one that stood; - reads standard input. Nothing is kept of a file with mistakes: all of them are named. Open
tickets are reckoned anew by it. 2025 and 2026 come with the program.`,
		Example: "  lobby calendar import 2027.csv\n  lobby calendar import --site garden --year 2027 holidays.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := readCalendar(e.In, args[0])
			if err != nil {
				return err
			}
			if year == 0 {
				if year = yearOf(text); year == 0 {
					return usage("no date such as 2027-02-06 in the file; say which year with --year")
				}
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				return importCalendar(ctx, cmd.OutOrStdout(), app, code, year, text)
			})
		},
	}
	cmd.Flags().StringVar(&code, "site", code, "code of the site; needed where there are several")
	cmd.Flags().IntVar(&year, "year", year, "the year; else that of the file's first date")
	return cmd
}

func readCalendar(in io.Reader, name string) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	return io.ReadAll(io.LimitReader(in, calendar.MaxFile+1))
}

var firstDate = regexp.MustCompile(`(?m)^\x{feff}?\s*(\d{4})[-/]`)

func yearOf(text []byte) int {
	m := firstDate.FindSubmatch(text)
	if m == nil {
		return 0
	}
	year, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return year
}

func importCalendar(ctx context.Context, out io.Writer, app *boot.App, code string, year int, text []byte) error {
	ctx, here, err := inSite(ctx, app, code)
	if err != nil {
		return err
	}
	page, err := app.SiteService().CalendarOf(ctx)
	if err != nil {
		return err
	}
	version := int64(0)
	for _, y := range page.Years {
		if y.Number == year {
			version = y.Version
		}
	}
	problems, err := app.SiteService().ImportCalendar(ctx, year, bytes.NewReader(text), version)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		all := make([]error, len(problems))
		for i, p := range problems {
			all[i] = p
		}
		return errors.Join(all...)
	}
	_, err = fmt.Fprintf(out, "%s has the calendar of %d; lobby serve or lobby tick reckons its open tickets by it\n", here.Code, year)
	return err
}
