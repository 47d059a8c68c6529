package calendar_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lobby/app/site/calendar"
)

// What the State Council's notices say, holiday by holiday: first and last day, and the weekend days worked for it.
func TestShippedYears(t *testing.T) {
	t.Parallel()
	type holiday struct {
		name, from, to string
		worked         []string
	}
	notices := map[int][]holiday{
		2025: {
			{"元旦", "2025-01-01", "2025-01-01", nil},
			{"春节", "2025-01-28", "2025-02-04", []string{"2025-01-26", "2025-02-08"}},
			{"清明节", "2025-04-04", "2025-04-06", nil},
			{"劳动节", "2025-05-01", "2025-05-05", []string{"2025-04-27"}},
			{"端午节", "2025-05-31", "2025-06-02", nil},
			{"国庆节、中秋节", "2025-10-01", "2025-10-08", []string{"2025-09-28", "2025-10-11"}},
		},
		2026: {
			{"元旦", "2026-01-01", "2026-01-03", []string{"2026-01-04"}},
			{"春节", "2026-02-15", "2026-02-23", []string{"2026-02-14", "2026-02-28"}},
			{"清明节", "2026-04-04", "2026-04-06", nil},
			{"劳动节", "2026-05-01", "2026-05-05", []string{"2026-05-09"}},
			{"端午节", "2026-06-19", "2026-06-21", nil},
			{"中秋节", "2026-09-25", "2026-09-27", nil},
			{"国庆节", "2026-10-01", "2026-10-07", []string{"2026-09-20", "2026-10-10"}},
		},
	}
	for _, year := range calendar.Shipped() {
		want := map[calendar.Day]calendar.Entry{}
		for _, h := range notices[year.Number] {
			for d := day(t, h.from); d <= day(t, h.to); d++ {
				want[d] = calendar.Entry{Kind: calendar.Holiday, Name: h.name}
			}
			for _, w := range h.worked {
				want[day(t, w)] = calendar.Entry{Kind: calendar.Workday, Name: h.name}
			}
		}
		if diff := cmp.Diff(want, year.Days); diff != "" {
			t.Errorf("%d: %s", year.Number, diff)
		}
		if !strings.Contains(year.Source, "国务院办公厅关于") {
			t.Errorf("%d doesn't say where it is from: %q", year.Number, year.Source)
		}
		delete(notices, year.Number)
	}
	if len(notices) > 0 {
		t.Errorf("not shipped: %v", slices.Collect(maps.Keys(notices)))
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	type problem = calendar.Problem
	for _, tt := range []struct {
		name, text string
		want       []problem
	}{
		{"SHIFT-4 a file as it should be", "\ufeff# source: the notice\ndate,kind,name\r\n2027-01-01,holiday,元旦\r\n\r\n2027/1/3, workday ,元旦\n", nil},
		{"SHIFT-4 without a head", "2027-01-01,holiday,元旦", nil},
		{"SHIFT-4 a day twice", "2027-01-01,holiday,元旦\n2027-01-01,holiday,元旦", []problem{{Line: 2, Code: calendar.Twice, Value: "2027-01-01", Other: 1}}},
		{"SHIFT-4 a day with both kinds", "# remark\n2027-01-02,holiday,元旦\n2027-01-02,workday,元旦", []problem{{Line: 3, Code: calendar.Contradiction, Value: "2027-01-02", Other: 2}}},
		{"SHIFT-4 a day of another year", "2027-01-01,holiday,元旦\n2026-12-31,holiday,元旦", []problem{{Line: 2, Code: calendar.OtherYear, Value: "2026-12-31"}}},
		{"SHIFT-4 no date", "2027-02-30,holiday,春节", []problem{{Line: 1, Code: calendar.WrongDate, Value: "2027-02-30"}}},
		{"SHIFT-4 no kind", "2027-01-01,休,元旦", []problem{{Line: 1, Code: calendar.WrongKind, Value: "休"}}},
		{"SHIFT-4 a make-up day on a Monday", "2027-01-04,workday,元旦", []problem{{Line: 1, Code: calendar.NoWeekend, Value: "2027-01-04"}}},
		{"SHIFT-4 a holiday without a name", "2027-01-01,holiday", []problem{{Line: 1, Code: calendar.NoName, Value: "2027-01-01"}}},
		{"SHIFT-4 a name too long", "2027-01-01,holiday," + strings.Repeat("节", 41), []problem{{Line: 1, Code: calendar.WrongName, Value: "2027-01-01"}}},
		{"SHIFT-4 one column", "2027-01-01", []problem{{Line: 1, Code: calendar.FewColumns}}},
		{"SHIFT-4 nothing", "date,kind,name\n", []problem{{Code: calendar.Empty}}},
		{"SHIFT-4 no text", "2027-01-01,holiday,\xd4\xaa\xb5\xa9", []problem{{Code: calendar.NotUTF8}}},
		{"SHIFT-4 no CSV", "2027-01-01,holiday,\"元旦\n", []problem{{Line: 1, Code: calendar.Unreadable}}},
		{"SHIFT-4 too long", strings.Repeat("#", calendar.MaxFile+1), []problem{{Code: calendar.TooLong, Value: "65536"}}},
		{"SHIFT-4 all problems at once", "x,holiday,元旦\n2027-01-01,y,元旦\n2027-01-02,holiday,元旦", []problem{
			{Line: 1, Code: calendar.WrongDate, Value: "x"}, {Line: 2, Code: calendar.WrongKind, Value: "y"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			year, got := calendar.Parse(strings.NewReader(tt.text), 2027)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
			for _, p := range got {
				if p.Error() == "calendar: " || strings.Contains(p.Error(), "%") {
					t.Errorf("%s is not said: %s", p.Code, p.Error())
				}
			}
			if len(got) == 0 && year.Days[day(t, "2027-01-01")].Name != "元旦" {
				t.Errorf("New Year is missing: %v", year)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(calendar.DefaultHours())
	if err != nil {
		t.Fatal(err)
	}
	var back calendar.Hours
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(calendar.DefaultHours(), back); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{`{"weekend":["someday"]}`, `{"seasons":[{"from":"02-29"}]}`, `{"seasons":[{"shifts":[{"from":"25:00"}]}]}`} {
		if json.Unmarshal([]byte(wrong), &back) == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
	for d := calendar.Date(1969, time.December, 1); d < calendar.Date(2033, time.January, 1); d += 5 {
		same := time.Date(1969, time.December, 1+int(d-calendar.Date(1969, time.December, 1)), 0, 0, 0, 0, time.UTC)
		if d.String() != same.Format(time.DateOnly) || d.Weekday() != same.Weekday() || day(t, d.String()) != d {
			t.Fatalf("%s %s, want %s", d, d.Weekday(), same)
		}
	}
}
