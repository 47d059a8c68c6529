package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lobby/app/boot"
	"lobby/app/kit/fault"
	"lobby/app/kit/table"
	reports "lobby/app/report"
	"lobby/views/locale"
)

// reportFlags are what every report is asked with.
type reportFlags struct {
	reports.Query
	site, format, output, language string
}

func newReport(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Figures and registers, always masked",
		Long: `Figures and registers of one property over a period, as text, CSV (for Excel), JSON or a workbook.

Days are the property's own. Names, phones and plates are masked, whoever asks; each report is on record.`,
		Example: "  lobby report visitors --from 2026-11-01 --to 2026-11-30\n" +
			"  lobby report tickets --register --format xlsx --output tickets.xlsx\n" +
			"  lobby report visitors --language en --format json",
	}
	cmd.AddCommand(
		newReportOf(e, "visitors", "Visits by day, purpose and way of registration; with --register the visitor register", (*reports.Service).Visitors),
		newReportOf(e, "tickets", "Tickets by kind and state, and how many were done in time; with --register the ticket register", (*reports.Service).Tickets),
		newReportOf(e, "callbacks", "Callbacks due and made, who was satisfied, and marks; with --register the callback register", (*reports.Service).Callbacks),
		newReportOf(e, "sla", "Limits met and passed, response rate, median and 90th percentile of times, open by age", (*reports.Service).SLA),
		newReportOf(e, "complaints", "Complaints by validity, severity, topic, department and month; with --register complaints and help", (*reports.Service).Complaints),
		newReportOf(e, "reviews", "What was reviewed in time, late or not at all, by section, reviewer, day and week", (*reports.Service).Reviews),
	)
	return cmd
}

func newReportOf(e *env, name, short string, run func(*reports.Service, context.Context, reports.Query) ([]*table.Table, error)) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   name,
		Short: short,
		Example: "  lobby report " + name + "\n" +
			"  lobby report " + name + " --from 2026-11-01 --to 2026-11-30 --site riverside\n" +
			"  lobby report " + name + " --format xlsx --output " + name + ".xlsx",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := f.check(e.Out)
			if err != nil {
				return err
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, _, err := inSite(ctx, app, f.site)
				if err != nil {
					return err
				}
				service := &reports.Service{DB: app.DB, Vault: app.Vault, Sites: app.Sites, Now: app.Now}
				tables, err := run(service, locale.With(ctx, f.language), f.Query)
				if fault.Is(err, fault.Invalid) {
					return usage("%s", say(ctx, err))
				}
				if err != nil {
					return err
				}
				return f.write(e.Out, format, tables)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.From, "from", "", "first day, such as 2026-11-01 (default: the first of the month of --to)")
	flags.StringVar(&f.To, "to", "", "last day, counted in (default: today)")
	flags.StringVar(&f.site, "site", "", "short name of the property (default: the only one there is)")
	if strings.Contains(short, "--register") {
		flags.BoolVar(&f.Register, "register", false, "list every entry in place of the figures")
	}
	flags.StringVar(&f.format, "format", "", "table, csv, json or xlsx (default: by the name of --output, else table)")
	flags.StringVarP(&f.output, "output", "o", "", "file to write (default: the terminal)")
	flags.StringVar(&f.language, "language", locale.Simplified, "language of titles: "+strings.Join(locale.Languages, ", "))
	return cmd
}

// check judges the flags before anything is opened.
func (f *reportFlags) check(out io.Writer) (table.Format, error) {
	if !slices.Contains(locale.Languages, f.language) {
		return "", usage("no language %q; there are: %s", f.language, strings.Join(locale.Languages, ", "))
	}
	format := table.Format(f.format)
	if format == "" {
		format = table.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(f.output)), "."))
		if !slices.Contains(table.Formats, format) {
			format = table.Terminal
		}
	}
	if !slices.Contains(table.Formats, format) {
		return "", usage("no format %q; there are: table, csv, json, xlsx", f.format)
	}
	if file, ok := out.(*os.File); ok && format == table.XLSX && f.output == "" && term.IsTerminal(int(file.Fd())) {
		return "", usage("a workbook can't be shown here; write it with --output FILE")
	}
	return format, nil
}

// write puts the tables out: whole into the file that was named, readable by its owner only, or not at all.
func (f *reportFlags) write(out io.Writer, format table.Format, tables []*table.Table) error {
	if f.output == "" {
		return table.Write(out, format, tables...)
	}
	var b bytes.Buffer
	if err := table.Write(&b, format, tables...); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.output), ".lobby-report-*") // mode 0600
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	_, err = tmp.Write(b.Bytes())
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), f.output)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("--output: %w", err)
	}
	return nil
}
