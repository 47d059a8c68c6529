package site

import (
	"context"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/views/locale"
)

// Import is a spreadsheet with the places of a site.
type Import struct {
	Data              []byte // .xlsx, or CSV in UTF-8 or GBK; MaxImport bytes at most
	DryRun            bool   // say what would be done, and do nothing
	AcceptDifferences bool   // load although declared totals differ from what is counted (ZONE-3)
}

// Imported tells what an import found and what it did, or would do.
type Imported struct {
	Bad         []Bad // every row that can't be loaded, in the order of the file
	Differences []Difference
	Changes     []Note // what differs from what stands
	Left        []Note // what stands and is not in the file; it stays
	Ignored     []string

	Zones, Buildings, Households, Shops int  // how many the file has
	Loaded                              bool // false: nothing was written, by request, or since nothing differs or the fault says why
}

// Bad is one row that can't be loaded.
type Bad struct {
	Sheet   string // empty for CSV
	Line    int    // as a spreadsheet program counts; 0: the sheet as a whole
	Reasons []fault.Field
}

// Say tells where and why in the language of ctx.
func (b Bad) Say(ctx context.Context) string {
	var why []string
	for _, r := range b.Reasons {
		text := locale.Say(ctx, r.Key, r.Args)
		if r.Name != "" {
			text = columnTitle(r.Name, locale.Lang(ctx)) + locale.T(ctx, "import.colon") + text
		}
		why = append(why, text)
	}
	at := "import.at.line"
	switch {
	case b.Line == 0 && b.Sheet == "":
		at = "import.at.file"
	case b.Line == 0:
		at = "import.at.sheet"
	case b.Sheet != "":
		at = "import.at.sheet_line"
	}
	return locale.T(ctx, at, "Sheet", b.Sheet, "Line", b.Line) + locale.T(ctx, "import.colon") + strings.Join(why, locale.T(ctx, "import.semicolon"))
}

// Seen is what somebody saw who looked at a dry run: what differs and what would change.
func (i *Imported) Seen() string { return seen(i.Differences, i.Changes) }

// Note is one thing that an import changes or leaves.
type Note struct {
	Key  string // message key
	Args fault.Args
}

// Say tells it in the language of ctx.
func (n Note) Say(ctx context.Context) string { return locale.Say(ctx, n.Key, n.Args) }

// Import loads zones, buildings, households and shops into the actor's site: all of the file or nothing. What it
// found comes back beside a refusal too. A second import of the same changes nothing; what stands and is not in the
// file stays, since tickets and visits hang on it. While one import of a site runs, another one is refused.
func (s *Service) Import(ctx context.Context, in Import) (*Imported, error) {
	who, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, err
	}
	if who.Site == 0 {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	f, err := readFile(in.Data)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, who.Site, f, in.options())
}

// readFile reads a spreadsheet row by row; one with nothing in it is refused.
func readFile(data []byte) (file, error) {
	sheets, err := read(data)
	if err != nil {
		return file{}, err
	}
	f := take(sheets)
	if len(f.rows) == 0 && len(f.bad) == 0 {
		return f, fault.New(fault.Invalid, "import.empty")
	}
	return f, nil
}

// options are how a file that was read is loaded.
type options struct {
	dryRun, accept bool
	seen           string // Imported.Seen of the dry run that somebody looked at; empty: nobody did
}

func (in Import) options() options { return options{dryRun: in.DryRun, accept: in.AcceptDifferences} }

// run loads the rows of a file, or says what loading them would do.
func (s *Service) run(ctx context.Context, site int64, f file, opt options) (*Imported, error) {
	var out *Imported
	run := db.Tx[struct{}]
	if opt.dryRun {
		run = db.Read[struct{}]
	}
	_, err := run(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		out = nil
		if !opt.dryRun {
			if err := lockImport(ctx, tx, site); err != nil {
				return struct{}{}, err
			}
		}
		stands, err := loadStanding(ctx, tx, site)
		if err != nil {
			return struct{}{}, err
		}
		p := newPlan(stands, f.rows)
		out = p.report(f)
		err = out.refusal(opt)
		if err != nil || opt.dryRun || len(out.Changes) == 0 {
			return struct{}{}, err
		}
		return struct{}{}, p.load(ctx, tx, site, opt.accept && len(out.Differences) > 0)
	})
	if out != nil {
		out.Loaded = err == nil && !opt.dryRun && len(out.Changes) > 0
	}
	var refused *fault.Fault
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	return out, err
}

// refusal is why nothing may be loaded, or nil.
func (i *Imported) refusal(opt options) error {
	switch {
	case len(i.Bad) > 0:
		return fault.New(fault.Invalid, "import.bad_rows", fault.Args{"Count": len(i.Bad)})
	case opt.seen != "" && opt.seen != i.Seen():
		return fault.New(fault.Conflict, "import.changed_meanwhile")
	case len(i.Differences) > 0 && !opt.accept: // ZONE-3
		return fault.New(fault.Conflict, "import.differs", fault.Args{"Count": len(i.Differences)})
	}
	return nil
}

// file is what the sheets hold, read row by row.
type file struct {
	rows    []entry
	bad     []Bad
	ignored []string
	sheets  []string // names, in the order of the workbook
}

// take reads all sheets. One without a head is refused, since it would be left out unseen.
func take(sheets []sheet) file {
	var f file
	for _, s := range sheets {
		f.sheets = append(f.sheets, s.name)
		if len(s.lines) == 0 {
			continue
		}
		h, first, ok := findHeading(s.lines)
		if !ok {
			f.bad = append(f.bad, Bad{Sheet: s.name, Reasons: []fault.Field{{Key: "import.no_heading"}}})
			continue
		}
		f.ignored = append(f.ignored, h.ignored...)
		for _, l := range s.lines[first+h.lines:] {
			e, wrong := h.row(l)
			e.sheet = s.name
			if len(wrong) > 0 {
				f.bad = append(f.bad, Bad{Sheet: s.name, Line: l.number, Reasons: wrong})
				if e.kind == "" || e.zone == all || e.place.Building == "" && e.zone == "" {
					continue // names nothing that other rows could build on
				}
				e.bad = true
			}
			f.rows = append(f.rows, e)
		}
	}
	return f
}

// load writes what the plan found different, in statements for many rows each.
func (p *plan) load(ctx context.Context, tx bun.Tx, site int64, accepted bool) error {
	fields, err := p.write(ctx, tx, site)
	if err != nil {
		return err
	}
	reason := ""
	if accepted {
		reason = "differences accepted" // ZONE-3: who loads all the same, is on record
	}
	if err := audit.Append(ctx, tx, audit.Entry{Verb: "site.import", Subject: "sites", ID: site, Site: site, Fields: fields, Reason: reason}); err != nil {
		return err
	}
	live.Publish(ctx, live.Control, "site.changed", site)
	return nil
}
