package db

import (
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun/migrate"
)

// merge puts what this binary knows and what the database has into one list, in order of names.
func merge(known migrate.MigrationSlice, applied map[string]time.Time) []Migration {
	var list []Migration
	for _, m := range known {
		list = append(list, Migration{Name: m.Name, Comment: m.Comment, Applied: applied[m.Name], Known: true})
		delete(applied, m.Name)
	}
	for name, at := range applied {
		list = append(list, Migration{Name: name, Applied: at})
	}
	slices.SortFunc(list, func(a, b Migration) int { return strings.Compare(a.Name, b.Name) })
	return list
}
