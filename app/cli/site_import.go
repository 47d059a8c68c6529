package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lobby/app/boot"
	"lobby/app/site"
	"lobby/views/locale"
)

// listed is how many lines of a kind an import prints; the rest is counted.
const listed = 100

func newSiteImport(e *env) *cobra.Command {
	var in site.Import
	var code string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Load zones, buildings, households and shops from a spreadsheet",
		Long: `Load zones, buildings, households and shops from an .xlsx or CSV file (UTF-8 or GBK), all of it or nothing.
"lobby site template" writes an empty one.

Every row that can't be loaded is named with its line and why. Declared totals are checked against the site as it
would stand; where they differ nothing is loaded without --accept-differences, and neither side is corrected.
The same file again changes nothing; a changed one changes what differs. An empty cell leaves what stands, and
nothing is ever removed: what stands and is not in the file is listed.`,
		Example: `  lobby site import places.xlsx --dry-run
  lobby site import places.xlsx
  lobby site import places.csv --site riverside --accept-differences`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if in.Data, err = readLimited(args[0], site.MaxImport); err != nil {
				return err
			}
			return e.withApp(cmd, func(ctx context.Context, app *boot.App) error {
				ctx, at, err := inSite(ctx, app, code)
				if err != nil {
					return err
				}
				out, err := app.SiteService().Import(ctx, in)
				if out != nil {
					err = errors.Join(err, e.printImport(ctx, out, at.Code, in))
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&code, "site", "", "short name of the property (default: the only one there is)")
	f.BoolVar(&in.DryRun, "dry-run", false, "say what is wrong and what would be loaded, and load nothing")
	f.BoolVar(&in.AcceptDifferences, "accept-differences", false, "load although declared totals differ from what is counted")
	return cmd
}

// readLimited reads a file, and one byte more than the limit of a file that is too large.
func readLimited(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil { // a file of 100 MB is not copied from one buffer to the next
		b.Grow(int(min(info.Size(), limit+1)) + bytes.MinRead)
	}
	_, err = b.ReadFrom(io.LimitReader(f, limit+1))
	return b.Bytes(), err
}

// printImport says what an import found and did.
func (e *env) printImport(ctx context.Context, out *site.Imported, code string, in site.Import) error {
	var b strings.Builder
	list := func(head string, n int, say func(i int) string) {
		if n == 0 {
			return
		}
		fmt.Fprintf(&b, "%s: %d\n", head, n)
		for i := range min(n, listed) {
			fmt.Fprintf(&b, "  %s\n", oneLine(say(i)))
		}
		if n > listed {
			fmt.Fprintf(&b, "  … and %d more\n", n-listed)
		}
	}
	fmt.Fprintf(&b, "In the file: %d zones, %d buildings, %d households, %d shops.\n", out.Zones, out.Buildings, out.Households, out.Shops)
	if len(out.Ignored) > 0 {
		fmt.Fprintf(&b, "Columns that are not read: %s\n", oneLine(strings.Join(out.Ignored, ", ")))
	}
	list("Rows that can't be loaded", len(out.Bad), func(i int) string { return out.Bad[i].Say(ctx) })
	list("Declared totals that differ", len(out.Differences), func(i int) string { return out.Differences[i].Say(ctx) })
	list("Changes", len(out.Changes), func(i int) string { return out.Changes[i].Say(ctx) })
	list("Stands and is not in the file; it stays", len(out.Left), func(i int) string { return out.Left[i].Say(ctx) })
	switch {
	case len(out.Bad) > 0 || len(out.Differences) > 0 && !in.AcceptDifferences:
		// the error says that nothing is loaded
	case len(out.Changes) == 0:
		b.WriteString("Nothing differs from what stands; nothing is changed.\n")
	case in.DryRun:
		b.WriteString("A dry run: nothing is loaded. Without --dry-run this is what would be done.\n")
	case out.Loaded:
		fmt.Fprintf(&b, "Loaded into %s.\n", code)
	}
	return e.print("%s", b.String())
}

// oneLine keeps what a spreadsheet says from moving the cursor of a terminal or making lines of its own.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

func newSiteTemplate(e *env) *cobra.Command {
	var format, output, language string
	cmd := &cobra.Command{
		Use:   "template",
		Short: "Write an empty spreadsheet for import",
		Long: `Write an empty spreadsheet for "lobby site import", as a workbook with a sheet that explains the columns, or as CSV.
Rows of a CSV, with the columns type, zone, zone name, owner, building, entrance, room, declared households and shops:

  区域,1,,li.ming,,,,559,51      a zone, its owner and its declared totals
  区域,all,,,,,,2193,51          the totals of the whole site
  楼栋,1,,,18#,,,164,            a building and how many households it should have
  住户,,,,18#,2单元,201,,         a household
  商铺,1,,,,,07,,                a shop; without a building it lies in 商铺`,
		Example: `  lobby site template --output places.xlsx
  lobby site template --format csv > places.csv
  lobby site template --output places.xlsx --language en`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format == "" {
				format = strings.TrimPrefix(strings.ToLower(filepath.Ext(output)), ".")
			}
			write := site.TemplateXLSX
			switch format {
			case "csv":
				write = site.TemplateCSV
			case "xlsx", "":
				if file, ok := e.Out.(*os.File); ok && output == "" && term.IsTerminal(int(file.Fd())) {
					return usage("a workbook can't be shown here; write it with --output FILE, or take --format csv")
				}
			default:
				return usage("no format %q; there are: xlsx, csv", format)
			}
			if locale.Known(language) != language {
				return usage("no language %q; there are: %s", language, strings.Join(locale.Languages, ", "))
			}
			var b bytes.Buffer
			if err := write(locale.With(cmd.Context(), language), &b); err != nil {
				return err
			}
			if output == "" {
				_, err := e.Out.Write(b.Bytes())
				return err
			}
			return writeNew(output, b.Bytes())
		},
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", "", "xlsx or csv (default: by the name of --output, else xlsx)")
	f.StringVarP(&output, "output", "o", "", "file to write; it must not be there yet (default: the terminal)")
	f.StringVar(&language, "language", locale.Simplified, "language of the heads: "+strings.Join(locale.Languages, ", "))
	return cmd
}

// writeNew writes a file that is not there yet, whole or not at all: a filled-in spreadsheet is never overwritten.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("--output: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}
