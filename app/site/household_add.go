package site

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"golang.org/x/text/width"

	"lobby/app/kit/audit"
	"lobby/app/kit/fault"
)

// maxDoors is how many doors one form may add.
const maxDoors = 2000

// AddDoors are doors to add to a building. Rooms are numbers with spaces or commas between, and ranges: "101 102",
// "101-105", "01-20". With floors, they are what stands on every floor: floors 1-18 and 01-05 make 101 to 1805.
type AddDoors struct {
	Building  int64
	Entrances string // as rooms: "1", "1-3", "2单元"; empty: the building has one only
	Floors    string // "1-18"; empty: Rooms are whole numbers
	Rooms     string
	Shop      bool
}

// Added tells what came of it.
type Added struct{ New, Stood int }

// AddDoors adds doors; those that stand already stay as they are.
func (s *Service) AddDoors(ctx context.Context, in AddDoors) (out Added, err error) {
	var wrong fault.Fields
	doors := in.list(&wrong)
	err = s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		b, err := holdBuilding(ctx, tx, site, in.Building)
		if err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		kind := "household"
		if in.Shop {
			kind = "shop"
		}
		entrances, rooms := make([]string, len(doors)), make([]string, len(doors))
		for i, d := range doors {
			entrances[i], rooms[i] = d.entrance, roomIn(b.Name, d.room)
		}
		res, err := tx.NewRaw(`insert into households (site_id, building_id, entrance, room, kind)
			select distinct ?::bigint, ?::bigint, t.entrance, t.room, ? from unnest(?::text[], ?::text[]) as t (entrance, room)
			on conflict do nothing`, site, b.ID, kind, pgdialect.Array(entrances), pgdialect.Array(rooms)).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		out = Added{New: int(n), Stood: len(doors) - int(n)}
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "site.doors_add", Subject: "buildings", ID: b.ID, Fields: []string{"households"}})
	})
	return out, err
}

// list spells the doors out.
func (in AddDoors) list(wrong *fault.Fields) []door {
	entrances := []string{""}
	if strings.TrimSpace(in.Entrances) != "" {
		entrances = spell(wrong, "entrances", in.Entrances)
	}
	floors := []string{""}
	if strings.TrimSpace(in.Floors) != "" {
		floors = spell(wrong, "floors", in.Floors)
	}
	rooms := spell(wrong, "rooms", in.Rooms)
	if n := len(entrances) * len(floors) * len(rooms); n > maxDoors {
		wrong.Add("rooms", "place.too_many_doors", fault.Args{"Max": maxDoors})
		return nil
	}
	var out []door
	for _, e := range entrances {
		for _, f := range floors {
			for _, r := range rooms {
				if f != "" && len(r) == 1 {
					r = "0" + r // floor 3, door 2: 302
				}
				room := f + roomName(r)
				if len(room) > MaxPlace {
					wrong.Add("rooms", "fault.field.long", fault.Args{"Max": MaxPlace})
					return nil
				}
				out = append(out, door{entrance: entranceName(e), room: room})
			}
		}
	}
	return out
}

// roomIn is a room as the tables have it: in the row of shops at least two digits, as a typed 商铺7 is read.
func roomIn(building, room string) string {
	if building == ShopRow && len(room) == 1 {
		return "0" + room
	}
	return room
}

var (
	between   = regexp.MustCompile(`[\s,，、､;；]+`)
	rangeForm = regexp.MustCompile(`^(\d{1,5})(?:室|号|號|房|户|戶|铺|鋪|层|層|楼|樓|单元|單元|门|門)?(?:-|–|—|~|至|到)(\d{1,5})(\D{0,3})$`)
)

// spell spells out a list of names and ranges.
func spell(wrong *fault.Fields, name, typed string) []string {
	text := wrong.Line(name, typed, 300, true)
	if wrong.Has(name) {
		return nil
	}
	var out []string
	for _, word := range between.Split(width.Narrow.String(text), -1) {
		if word == "" {
			continue
		}
		m := rangeForm.FindStringSubmatch(word)
		if m == nil {
			if len([]rune(word)) > MaxPlace || strings.HasPrefix(word, "=") {
				wrong.Add(name, "place.range_form")
				return nil
			}
			out = append(out, word)
			continue
		}
		from, err1 := strconv.Atoi(m[1])
		to, err2 := strconv.Atoi(m[2])
		if err1 != nil || err2 != nil || to < from || to-from >= maxDoors {
			wrong.Add(name, "place.range_form")
			return nil
		}
		for n := from; n <= to; n++ {
			out = append(out, fmt.Sprintf("%0*d%s", len(m[1]), n, m[3]))
		}
	}
	if len(out) == 0 {
		wrong.Add(name, "fault.field.required")
	}
	return out
}
