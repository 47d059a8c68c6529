package calendar

import (
	"strconv"
	"strings"
)

// Problem is what is wrong with a calendar file or with hours. Pages say its code in the reader's language; Error says
// it in English, for the command line.
type Problem struct {
	Line  int // of the file; 0: none
	Code  string
	Value string // what the code is about: a date, a kind, a season
	Other int    // the earlier line that the line contradicts or repeats; 0: none

	Season, Shift int // of hours: which season, and which of its shifts, counted from 1; 0: none
}

// What can be wrong with a calendar file.
const (
	Unreadable    = "unreadable"    // no CSV
	NotUTF8       = "not_utf8"      // neither UTF-8 nor ASCII
	TooLong       = "too_long"      // more than Value bytes
	Empty         = "empty"         // no day at all
	FewColumns    = "few_columns"   // date and kind are needed
	WrongDate     = "wrong_date"    // Value is no date
	OtherYear     = "other_year"    // Value lies in another year
	WrongKind     = "wrong_kind"    // Value is neither holiday nor workday
	Twice         = "twice"         // the same day with the same kind in line Other
	Contradiction = "contradiction" // the same day with the other kind in line Other
	NoName        = "no_name"       // a holiday without a name
	WrongName     = "wrong_name"    // a name too long, or with control characters
	NoWeekend     = "no_weekend"    // a make-up day that is no Saturday or Sunday
)

// What can be wrong with hours.
const (
	NeverWorks  = "never_works"  // seven days of weekend
	NoSeason    = "no_season"    // no season at all
	SameSeason  = "same_season"  // two seasons begin on the date Value
	WrongSeason = "wrong_season" // a season without code or date
	NoShift     = "no_shift"     // the season Value has no shift
	WrongShift  = "wrong_shift"  // the shift has no code, or doesn't end after it began on the same day
	WrongBreak  = "wrong_break"  // the break doesn't lie in its shift
	SameCode    = "same_code"    // two seasons, or two shifts of a season, have the code Value
	WrongCode   = "wrong_code"   // more than a short word
)

var english = map[string]string{
	Unreadable: "can't be read as CSV", NotUTF8: "the text is not UTF-8", TooLong: "the file is longer than % bytes", Empty: "no day in the file",
	FewColumns: "date and kind are needed", WrongDate: "% is no date such as 2026-02-14", OtherYear: "% lies in another year",
	WrongKind: "% is neither holiday nor workday", Twice: "% stands there already", Contradiction: "% stands there already, with the other kind",
	NoName: "the holiday on % has no name", WrongName: "the name on % is too long or has control characters",
	NoWeekend: "% is no Saturday or Sunday, so it can't be a make-up working day", NeverWorks: "no day of the week is worked",
	NoSeason: "there is no season", SameSeason: "two seasons begin on %", WrongSeason: "season % needs a code and a date",
	NoShift: "season % has no shift", WrongShift: "shift % needs a code, and has to end after it begins, on the same day",
	WrongBreak: "the break of % doesn't lie in the shift", SameCode: "two have the code %",
	WrongCode: "% is more than a short word of letters and digits",
}

// Error says the problem in English.
func (p Problem) Error() string {
	text := "calendar: "
	if p.Line > 0 {
		text += "line " + strconv.Itoa(p.Line) + ": "
	}
	text += strings.ReplaceAll(english[p.Code], "%", p.Value)
	if p.Other > 0 {
		text += " (line " + strconv.Itoa(p.Other) + ")"
	}
	return text
}
