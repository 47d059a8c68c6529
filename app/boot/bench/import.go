package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/xuri/excelize/v2"

	"lobby/app/kit/actor"
	"lobby/app/site"
)

const (
	importDoors  = 50_000
	importRounds = 5
	importBatch  = 5000 // rows of one statement of the yardstick
)

// spreadsheets measures the import of 50,000 households against a bare insert of the same rows.
func spreadsheets(ctx context.Context, h *house) (chapter, error) {
	c := chapter{
		Title: "Import",
		How: fmt.Sprintf(`A spreadsheet with %d households in 100 buildings, loaded by lobby site import (read, checked row by row, compared with
what stands, written, recorded) into an empty site, beside the same rows written by bare multi-row INSERTs of %d rows each, their text made
beforehand, in one transaction on the same pool. %d rounds of both in turn, fsync on; medians.`, importDoors, importBatch, importRounds),
	}
	sheet, err := importWorkbook()
	if err != nil {
		return c, err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"xlsx", sheet}, {"CSV", importCSV()}} {
		var ours, bare, ratios []float64
		for range importRounds {
			a, err := importOnce(ctx, h, f.data)
			if err != nil {
				return c, err
			}
			b, err := insertOnce(ctx, h)
			if err != nil {
				return c, err
			}
			ours, bare, ratios = append(ours, a.Seconds()), append(bare, b.Seconds()), append(ratios, a.Seconds()/b.Seconds())
		}
		ratio := median(ratios)
		c.Lines = append(c.Lines, line{
			What: fmt.Sprintf("%d households from %s (%.1f MB)", importDoors, f.name, float64(len(f.data))/(1<<20)),
			Ours: fmt.Sprintf("%.2f s", median(ours)), Yardstick: fmt.Sprintf("%.2f s", median(bare)),
			Ratio: fmt.Sprintf("%.2f", ratio), Target: "≤ 3.0", Met: ratio <= 3,
		})
	}
	return c, nil
}

// importDoor is one household of the measured site.
func importDoor(i int) (building, entrance, room string) {
	return fmt.Sprintf("%d#", i/500+1), fmt.Sprintf("%d单元", i/100%5+1), fmt.Sprintf("%d%02d", i/4%25+1, i%4+1)
}

func importWorkbook() ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing of it lies on disk
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, err
	}
	rows := [][]any{{"区域", "楼栋", "单元", "房号"}, {"1"}}
	for i := range importDoors {
		b, e, r := importDoor(i)
		rows = append(rows, []any{"1", b, e, r})
	}
	for i, row := range rows {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = f.Write(&out)
	return out.Bytes(), err
}

func importCSV() []byte {
	var out bytes.Buffer
	out.WriteString("区域,楼栋,单元,房号\n1,,,\n")
	for i := range importDoors {
		b, e, r := importDoor(i)
		fmt.Fprintf(&out, "1,%s,%s,%s\n", b, e, r)
	}
	return out.Bytes()
}

// emptySite makes a site and gives what removes it.
func emptySite(ctx context.Context, h *house) (id int64, remove func() error, err error) {
	pool := h.server.App.DB
	err = pool.NewRaw(`insert into sites (code, name, demo) values ('bench-' || left(gen_random_uuid()::text, 8), 'bench', true) returning id`).Scan(ctx, &id)
	return id, func() error {
		for _, table := range []string{"households", "buildings", "zones"} {
			if _, err := pool.NewDelete().Table(table).Where("site_id = ?", id).Exec(ctx); err != nil {
				return err
			}
		}
		_, err := pool.NewRaw(`vacuum households`).Exec(ctx)
		return err
	}, err
}

func importOnce(ctx context.Context, h *house, data []byte) (time.Duration, error) {
	id, remove, err := emptySite(ctx, h)
	if err != nil {
		return 0, err
	}
	cli := actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:bench", Site: id, All: true})
	start := time.Now()
	out, err := h.server.App.SiteService().Import(cli, site.Import{Data: data})
	took := time.Since(start)
	if err == nil && out.Households != importDoors {
		err = fmt.Errorf("%d households were loaded", out.Households)
	}
	if err != nil {
		return 0, err
	}
	return took, remove()
}

func insertOnce(ctx context.Context, h *house) (time.Duration, error) {
	id, remove, err := emptySite(ctx, h)
	if err != nil {
		return 0, err
	}
	pool := h.server.App.DB
	var zone int64
	if err := pool.NewRaw(`insert into zones (site_id, code, name) values (?, '1', '1') returning id`, id).Scan(ctx, &zone); err != nil {
		return 0, err
	}
	var first int64
	err = pool.NewRaw(`with b as (insert into buildings (site_id, zone_id, name) select ?, ?, n || '#' from generate_series(1, 100) n returning id)
		select min(id) from b`, id, zone).Scan(ctx, &first)
	if err != nil {
		return 0, err
	}
	var rows, statements []string
	for i := range importDoors {
		_, e, r := importDoor(i)
		rows = append(rows, fmt.Sprintf("(%d, %d, '%s', '%s', 'household')", id, first+int64(i/500), e, r))
	}
	for part := range slices.Chunk(rows, importBatch) {
		statements = append(statements, "insert into households (site_id, building_id, entrance, room, kind) values "+strings.Join(part, ", "))
	}
	start := time.Now()
	err = pool.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	took := time.Since(start)
	if err != nil {
		return 0, err
	}
	return took, remove()
}
