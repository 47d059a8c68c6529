package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kept in a folder are the newest backup of each of the last days that have one, and of each of the last weeks.
const (
	keepDays  = 7
	keepWeeks = 4
)

const nameForm = "20060102T150405Z"

var nameRE = regexp.MustCompile(`^lobby-(\d{8}T\d{6}Z)\.backup$`)

// Entry is one scheduled backup in a folder.
type Entry struct {
	Path string
	At   time.Time // when it was begun
}

// Name is how a scheduled backup is called; files of other names in the folder are nobody's business.
func Name(at time.Time) string { return "lobby-" + at.UTC().Format(nameForm) + ".backup" }

// Folder lists the scheduled backups of a folder, the newest first. A folder that isn't there yet has none.
func Folder(dir string) ([]Entry, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Entry
	for _, f := range files {
		m := nameRE.FindStringSubmatch(f.Name())
		if m == nil || !f.Type().IsRegular() {
			continue
		}
		if at, err := time.Parse(nameForm, m[1]); err == nil {
			all = append(all, Entry{filepath.Join(dir, f.Name()), at})
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return b.At.Compare(a.At) })
	return all, err
}

// Clear removes from a folder what a scheduled backup has left that was killed. Nobody else may be writing one.
func Clear(dir string) error {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range files {
		if whole, cut := strings.CutSuffix(f.Name(), partial); cut && nameRE.MatchString(whole) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, f.Name())))
		}
	}
	return err
}

// Spent gives the backups that are no longer kept: not the newest of one of the last seven days that have one, nor of
// one of the last four weeks, by the site's calendar. all is sorted, the newest first; the newest is always kept.
func Spent(all []Entry, zone *time.Location) (spent []Entry) {
	days, weeks := map[string]bool{}, map[[2]int]bool{}
	for _, e := range all {
		at := e.At.In(zone)
		day := at.Format(time.DateOnly)
		year, number := at.ISOWeek()
		week := [2]int{year, number}
		daily := !days[day] && len(days) < keepDays
		weekly := !weeks[week] && len(weeks) < keepWeeks
		days[day], weeks[week] = days[day] || daily, weeks[week] || weekly
		if !daily && !weekly {
			spent = append(spent, e)
		}
	}
	return spent
}

// nightly is the hour in which a day's backup is due.
const nightly = 3

// Due tells whether a backup is due: since the last three o'clock in the morning there was none. So a machine that is
// off at night takes it when it comes up.
func Due(last, now time.Time, zone *time.Location) bool {
	local := now.In(zone)
	due := time.Date(local.Year(), local.Month(), local.Day(), nightly, 0, 0, 0, zone)
	if local.Before(due) {
		due = time.Date(local.Year(), local.Month(), local.Day()-1, nightly, 0, 0, 0, zone)
	}
	return last.Before(due)
}
