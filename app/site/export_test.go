package site

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/fault"
	"lobby/views/locale"
)

func TestExportIsWhatImportReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.load(Import{Data: []byte(reference(t)), AcceptDifferences: true})
	// Names that spreadsheet programs would make something else of.
	b.load(Import{AcceptDifferences: true, Data: []byte(csvHead + "区域,1-2,@东区,desk,,,,,\n楼栋,1-2,,,A座,,,,\n住户,,,,A座,+1,0201,,\n住户,,,,A座,,1-3,,\n住户,,,,A座,,-101,,\n商铺,,,,A座,,12,,\n")})
	e, err := b.Export(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range locale.Languages {
		for name, write := range map[string]func(context.Context, io.Writer) error{"xlsx": e.XLSX, "csv": e.CSV} {
			t.Run("RESIDENT-3 the places as they stand come in again with no change: "+name+" in "+lang, func(t *testing.T) {
				var file bytes.Buffer
				if err := write(locale.With(t.Context(), lang), &file); err != nil {
					t.Fatal(err)
				}
				out := b.load(Import{Data: file.Bytes(), AcceptDifferences: true})
				if len(out.Changes)+len(out.Left)+len(out.Ignored) != 0 || out.Zones != 6 || out.Buildings != 30 || out.Households != 2188 || out.Shops != 52 {
					t.Errorf("%d zones, %d buildings, %d households, %d shops\n%s", out.Zones, out.Buildings, out.Households, out.Shops, b.said(out))
				}
				if name == "csv" && !strings.Contains(file.String(), `"=""0201"""`) {
					t.Error("a spreadsheet program would take the 0 from 0201")
				}
			})
		}
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	b.Now = func() time.Time { return now }
	me, other := b.person("desk", Manage, Look), b.person("agent2", Manage, Look)
	data := []byte(csvHead + "区域,1,,desk,,,,3,\n楼栋,1,,,18,,,,\n住户,,,,18,1,101,,\n商铺,1,,,,,07,,\n")
	try := func() (*Imported, int64) {
		t.Helper()
		out, id, err := b.Try(me, data)
		if err != nil || id == 0 || len(out.Changes) != 3 || len(out.Differences) != 1 || out.Loaded {
			t.Fatalf("%d, %v\n%s", id, err, b.said(out))
		}
		return out, id
	}
	t.Run("RESIDENT-3 what was looked at is loaded by whichever instance, once, with differences accepted", func(t *testing.T) {
		out, id := try()
		if b.counts() != "[0 0 0 0 0]" {
			t.Fatal("a dry run wrote something")
		}
		second := &Service{DB: b.db, Now: b.Now}
		got, err := second.LoadDraft(me, id, out.Seen(), false)
		wants(t, err, fault.Conflict, "import.differs")
		if got == nil || b.counts() != "[0 0 0 0 0]" {
			t.Error(b.counts())
		}
		if got, err = second.LoadDraft(me, id, out.Seen(), true); err != nil || !got.Loaded || b.counts() != "[1 2 1 1 1]" {
			t.Errorf("%v %s", err, b.counts())
		}
		_, err = b.LoadDraft(me, id, out.Seen(), true)
		wants(t, err, fault.Conflict, "import.draft_gone")
	})
	data = []byte(csvHead + "区域,2,,desk,,,,,\n区域,3,,,,,,,\n楼栋,2,,,19,,,,\n")
	t.Run("it is nobody else's, and not for ever", func(t *testing.T) {
		out, id := try()
		_, err := b.LoadDraft(other, id, out.Seen(), true)
		wants(t, err, fault.Conflict, "import.draft_gone")
		now = now.Add(DraftTerm)
		_, err = b.LoadDraft(me, id, out.Seen(), true)
		wants(t, err, fault.Conflict, "import.draft_gone")
		if n, err := b.DropDrafts(t.Context()); err != nil || n != 1 {
			t.Errorf("%d dropped, %v", n, err)
		}
	})
	t.Run("who saw something else than would happen is shown that first", func(t *testing.T) {
		out, id := try()
		if _, _, err := b.SaveZone(b.ctx, SaveZone{Code: "2", Owner: b.staff("agent2")}); err != nil {
			t.Fatal(err)
		}
		got, err := b.LoadDraft(me, id, out.Seen(), true)
		wants(t, err, fault.Conflict, "import.changed_meanwhile")
		if !strings.Contains(b.said(got), "Zone 2 has now the owner desk") {
			t.Error(b.said(got))
		}
		_, err = b.LoadDraft(me, id, "", true)
		wants(t, err, fault.Conflict, "import.changed_meanwhile")
		if got, err = b.LoadDraft(me, id, got.Seen(), true); err != nil || !got.Loaded {
			t.Error(err)
		}
	})
	t.Run("nothing of the file's other columns is kept, and nothing of a file with bad rows", func(t *testing.T) {
		secret := []byte("区域,楼栋,房号,业主,电话\n1,18,102,张三丰,13812345678\n")
		if _, id, err := b.Try(me, secret); err != nil || id == 0 {
			t.Fatal(err)
		}
		var packed []byte
		b.scan(&packed, `select rows from import_drafts`)
		f, err := unpack(packed)
		if err != nil || len(f.rows) != 1 || f.rows[0].place.Room != "102" {
			t.Errorf("%+v %v", f, err)
		}
		if _, id, err := b.Try(me, []byte("区域,楼栋,房号\n8,77,102\n")); id != 0 || !fault.Is(err, fault.Invalid) {
			t.Errorf("%d %v", id, err)
		}
	})
}
