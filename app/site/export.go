package site

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/xuri/excelize/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/views/locale"
)

// Exported are the places of a site as they stand, to be written as a spreadsheet that imports with no change.
type Exported struct {
	zones     []ZoneFacts
	logins    map[int64]string
	buildings []BuildingFacts
	doors     []Door
}

// Export reads the places of the actor's site.
func (s *Service) Export(ctx context.Context) (*Exported, error) {
	who, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, err
	}
	return db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Exported, error) {
		e := &Exported{logins: map[int64]string{}}
		var err error
		if e.zones, err = zonesOf(ctx, tx, who.Site, 0); err != nil {
			return nil, err
		}
		people, err := ownersAt(ctx, tx, who.Site)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			e.logins[p.ID] = p.Login // an owner who left is left out: importing again leaves what stands
		}
		if e.buildings, err = buildingsOf(ctx, tx, who.Site, 0); err != nil {
			return nil, err
		}
		err = tx.NewRaw(`select h.id, h.building_id, b.name as building, h.entrance, h.room, h.kind = 'shop' as shop
			from households h join buildings b on b.id = h.building_id where h.site_id = ?
			order by substring(b.name from '^\d+')::numeric nulls last, b.name, length(h.entrance), h.entrance, length(h.room), h.room`, who.Site).Scan(ctx, &e.doors)
		return e, err
	})
}

// rows gives the rows of one kind with the columns of the template.
func (e *Exported) rows(lang, sheet string) []map[string]string {
	kind := func(name string) string { return wordIn(speech().Kinds[name], lang) }
	var out []map[string]string
	switch sheet {
	case "zones":
		for _, z := range e.zones {
			out = append(out, map[string]string{"type": kind("zone"), "zone": z.Code, "name": z.Name, "owner": e.logins[z.OwnerID],
				"households": figure(z.DeclaredHouseholds), "shops": figure(z.DeclaredShops)})
		}
	case "buildings":
		for _, b := range e.buildings {
			out = append(out, map[string]string{"type": kind("building"), "zone": b.ZoneCode, "building": b.Name})
		}
	case "places":
		for _, d := range e.doors {
			row := map[string]string{"type": kind("household"), "building": d.Building, "entrance": d.Entrance, "room": d.Room}
			if d.Shop {
				row["type"] = kind("shop")
			}
			out = append(out, row)
		}
	}
	return out
}

func figure(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// CSV writes all places as one CSV in the language of ctx, with a byte order mark, since it is opened in Excel.
func (e *Exported) CSV(ctx context.Context, out io.Writer) error {
	if err := TemplateCSV(ctx, out); err != nil {
		return err
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	for _, s := range templateSheets {
		for _, row := range e.rows(locale.Lang(ctx), s.name) {
			cells := make([]string, len(TemplateColumns))
			for i, c := range TemplateColumns {
				cells[i] = keptAsText(row[c])
			}
			if err := w.Write(cells); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}

// keptAsText writes what a spreadsheet program would change or carry out on opening as ="0201", which the import opens
// again: zeros in front, dates, formulas.
func keptAsText(text string) string {
	if text == "" || strings.Contains(text, `"`) {
		return text
	}
	digits := strings.Trim(text, "0123456789") == ""
	if digits && text[0] == '0' && len(text) > 1 || dated.MatchString(text+"-1") || dated.MatchString(text) || powers.MatchString(text) || strings.ContainsAny(text[:1], "=+-@") {
		return `="` + text + `"`
	}
	return text
}

// XLSX writes all places as a workbook like the template, in the language of ctx.
func (e *Exported) XLSX(ctx context.Context, out io.Writer) error {
	if err := e.workbook(ctx, out); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func (e *Exported) workbook(ctx context.Context, out io.Writer) error {
	lang := locale.Lang(ctx)
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // removes what a large sheet was written to meanwhile
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 49})
	if err != nil {
		return err
	}
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	for i, s := range templateSheets {
		name := wordIn(speech().Sheets[s.name], lang)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return err
		}
		if err := e.sheet(f, name, s.name, s.columns, lang, bold, text); err != nil {
			return err
		}
	}
	if err := templateNotes(ctx, f, bold); err != nil {
		return err
	}
	return f.Write(out)
}

func (e *Exported) sheet(f *excelize.File, name, of string, columns []string, lang string, bold, text int) error {
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := w.SetColWidth(1, len(columns), 16); err != nil {
		return err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = excelize.Cell{StyleID: bold, Value: columnTitle(c, lang)}
	}
	if err := w.SetRow("A1", cells); err != nil {
		return err
	}
	for n, row := range e.rows(lang, of) {
		for i, c := range columns {
			cells[i] = excelize.Cell{StyleID: text, Value: row[c]}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", n+2), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}
