package db_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lobby/app/kit/db"
)

// released is the newest migration of before the first release: up to here no older program had to be lived with.
const released = "20261122151000"

var (
	marked   = regexp.MustCompile(`^-- (contract: \d{14}|expand: \S.+)\n`)
	comments = regexp.MustCompile(`--[^\n]*`)
	bodies   = regexp.MustCompile(`(?s)\$(\w*)\$.*?\$\w*\$|'[^']*'`)
	creates  = regexp.MustCompile(`create (?:unlogged )?table (?:if not exists )?(\w+)`)
	onTable  = regexp.MustCompile(`alter table (?:if exists )?(?:only )?(\w+)|\bon (\w+)|delete from (\w+)`)

	// breaks is what a program of before can't live with; only a migration that contracts may do it.
	breaks = []*regexp.Regexp{
		regexp.MustCompile(`\bdrop (table|view|materialized view|type|function|schema|sequence|domain)\b`),
		regexp.MustCompile(`\bdrop (column )?(if exists )?(\w+)`),
		regexp.MustCompile(`\brename\b`),
		regexp.MustCompile(`\balter (column )?\w+ (set data )?type\b`),
		regexp.MustCompile(`\bset not null\b`),
		regexp.MustCompile(`\btruncate\b`),
	}
	// loosens is what looks like one of them and takes nothing away.
	loosens = regexp.MustCompile(`\bdrop (not null|default|expression|identity|constraint|index|trigger)\b`)
	// narrows may refuse what a program of before writes, or may not: that takes a reason.
	narrows = []*regexp.Regexp{
		regexp.MustCompile(`\badd (constraint|check|unique|foreign key|primary key|exclude)\b`),
		regexp.MustCompile(`\bcreate unique index\b`),
		regexp.MustCompile(`\bcreate (constraint )?trigger\b`),
		regexp.MustCompile(`\bdelete from\b`),
	}
)

// faults names what a migration does that a neighbouring older program may not live with.
func faults(sql string) (out []string) {
	head := marked.FindStringSubmatch(sql)
	if head != nil && strings.HasPrefix(head[1], "contract") {
		return nil
	}
	plain := strings.ToLower(bodies.ReplaceAllString(comments.ReplaceAllString(sql, ""), "''"))
	plain = strings.Join(strings.Fields(plain), " ")
	var fresh []string
	for _, m := range creates.FindAllStringSubmatch(plain, -1) {
		fresh = append(fresh, m[1])
	}
	for statement := range strings.SplitSeq(plain, ";") {
		if m := onTable.FindStringSubmatch(statement); m != nil && slices.Contains(fresh, m[1]+m[2]+m[3]) {
			continue // nobody of before knows that table
		}
		for clause := range strings.SplitSeq(statement, ",") {
			clause = loosens.ReplaceAllString(clause, "")
			for _, re := range breaks {
				if found := re.FindString(clause); found != "" {
					out = append(out, found)
				}
			}
			if strings.Contains(clause, "add column") && strings.Contains(clause, "not null") && !strings.Contains(clause, "default") && !strings.Contains(clause, "generated") {
				out = append(out, "add column … not null without default")
			}
		}
		for _, re := range narrows {
			if found := re.FindString(statement); found != "" && head == nil {
				out = append(out, found)
			}
		}
	}
	return out
}

// Every migration since the first release is lived with by the release before it, or says that it contracts and how new
// a program it takes (ARCHITECTURE.md, 'Database').
func TestExpandOnly(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(db.Files, "migrations/*.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(db.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(path.Base(name), "_")
		if id <= released {
			continue
		}
		for _, fault := range faults(string(text)) {
			t.Errorf("%s: %q may break the release of before; expand first, contract a release later", name, fault)
		}
		if m := marked.FindStringSubmatch(string(text)); m != nil {
			if floor, is := strings.CutPrefix(m[1], "contract: "); is && (floor >= id || !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, floor) })) {
				t.Errorf("%s contracts down to %s, which is no migration before it", name, floor)
			}
		}
	}
}

func TestExpandOnlySees(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"create table umbrellas (id int not null, unique (id)); create unique index u on umbrellas (id); alter table umbrellas add constraint c check (id > 0);": true,
		"alter table visits add column lift text;":                                                       true,
		"alter table visits add column lift text not null default '';":                                   true,
		"alter table visits alter column name drop not null;":                                            true,
		"alter table visits drop constraint visits_check2;":                                              true,
		"create index on visits (lift);":                                                                 true,
		"-- rename: no\nalter table visits add column lift text;":                                        true,
		"alter table visits add column lift text default 'drop column name';":                            true,
		"-- expand: nobody writes lift yet\nalter table visits add constraint lifts check (lift <> '');": true,
		"-- contract: 20261122151000\nalter table visits drop column lift;":                              true,
		"alter table visits add column lift text not null;":                                              false,
		"alter table visits drop column lift;":                                                           false,
		"ALTER TABLE visits DROP lift;":                                                                  false,
		"alter table visits add column a text default 'x', add column b int not null;":                   false,
		"alter table visits rename column name to title;":                                                false,
		"alter table visits alter column people type bigint;":                                            false,
		"alter table visits alter people set data type bigint;":                                          false,
		"alter table visits alter column plate set not null;":                                            false,
		"drop table visits;":                false,
		"drop function refuse_retired_key;": false,
		"truncate events;":                  false,
		"alter table visits add constraint lifts check (lift <> '');":       false,
		"create unique index on visits (phone_index);":                      false,
		"-- expand: it only looks so\nalter table visits drop column lift;": false,
	} {
		if got := faults(sql); (len(got) == 0) != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
