package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Format is how tables are written.
type Format string

// The formats.
const (
	Terminal Format = "table"
	CSV      Format = "csv"
	JSON     Format = "json"
	XLSX     Format = "xlsx"
)

// Formats lists them, the default first.
var Formats = []Format{Terminal, CSV, JSON, XLSX}

// Write writes the tables one after the other in the format.
func Write(w io.Writer, f Format, tables ...*Table) error {
	for _, t := range tables {
		if err := t.check(); err != nil {
			return err
		}
	}
	switch f {
	case Terminal:
		return writeText(w, tables)
	case CSV:
		return writeCSV(w, tables)
	case JSON:
		return writeJSON(w, tables)
	case XLSX:
		return writeXLSX(w, tables)
	}
	return fmt.Errorf("table: no format %q", f)
}

// writeCSV writes for Excel: a byte order mark, CRLF, and no text that Excel would take for a formula. Of several
// tables each has its title above and an empty line below.
func writeCSV(w io.Writer, tables []*Table) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	for i, t := range tables {
		if len(tables) > 1 {
			if i > 0 {
				c.Flush()
				if _, err := io.WriteString(w, "\r\n"); err != nil {
					return err
				}
			}
			_ = c.Write([]string{guard(t.Title)})
		}
		record := make([]string, len(t.Columns))
		for j, col := range t.Columns {
			record[j] = guard(col.Title)
		}
		_ = c.Write(record) // its errors come from Flush
		for _, row := range t.Rows {
			for j, cell := range row {
				record[j] = t.words(t.Columns[j].Kind, cell)
				switch cell.(type) {
				case string, Label:
					record[j] = guard(record[j])
				}
			}
			_ = c.Write(record)
		}
	}
	c.Flush()
	return c.Error()
}

// guard keeps a spreadsheet from running what somebody typed at a kiosk as a formula.
func guard(text string) string {
	start := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	first, _ := utf8.DecodeRuneInString(start)
	if start == "" || !strings.ContainsRune("=+-@|%＝＋－＠", first) {
		return text
	}
	return "'" + text
}

// writeJSON writes an array of tables. Times carry their offset, dates are days, durations are seconds, money is yuan
// with two places, shares are fractions.
func writeJSON(w io.Writer, tables []*Table) error {
	type column struct {
		Key   string `json:"key"`
		Title string `json:"title"`
		Kind  Kind   `json:"kind"`
	}
	type body struct {
		Key     string   `json:"key"`
		Title   string   `json:"title"`
		Columns []column `json:"columns"`
		Rows    []record `json:"rows"`
		Notes   []string `json:"notes,omitempty"`
	}
	out := make([]body, len(tables))
	for i, t := range tables {
		b := body{Key: t.Key, Title: t.Title, Notes: t.Notes, Columns: []column{}, Rows: make([]record, len(t.Rows))}
		for _, c := range t.Columns {
			b.Columns = append(b.Columns, column(c))
		}
		for j, row := range t.Rows {
			b.Rows[j] = record{t, row}
		}
		out[i] = b
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// record is a row that becomes an object with its keys in the order of the columns.
type record struct {
	t     *Table
	cells []any
}

// MarshalJSON writes the object.
func (r record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, cell := range r.cells {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(r.t.Columns[i].Key)
		if err != nil {
			return nil, err
		}
		var value bytes.Buffer
		e := json.NewEncoder(&value)
		e.SetEscapeHTML(false)
		if err := e.Encode(r.t.plain(r.t.Columns[i].Kind, cell)); err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(bytes.TrimSpace(value.Bytes()))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (t *Table) plain(k Kind, cell any) any {
	switch v := cell.(type) {
	case Label:
		return v.Code
	case int64:
		if k == Money {
			return json.Number(yuan(v))
		}
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', 4, 64))
	case time.Time:
		if k == Date {
			return v.In(t.zone()).Format(time.DateOnly)
		}
		return v.In(t.zone()).Format(time.RFC3339)
	case time.Duration:
		return int64(v.Round(time.Second) / time.Second)
	}
	return cell
}
