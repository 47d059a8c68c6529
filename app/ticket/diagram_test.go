package ticket_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lobby/app/ticket"
)

// write puts the diagrams into ARCHITECTURE.md: go test ./app/ticket -run TestDiagrams -write
var write = flag.Bool("write", false, "write the diagrams into ARCHITECTURE.md")

const plan = "../../ARCHITECTURE.md"

// move is a line of either table, as the plan shows it.
type move struct{ from, verb, to, may, asks, guards string }

func ticketMoves() (out []move) {
	for _, m := range ticket.Flow() {
		var guards []string
		for _, g := range m.Guards {
			guards = append(guards, g.Name)
		}
		out = append(out, move{string(m.From), string(m.Verb), string(m.To), string(m.May), joined(m.Needs), strings.Join(guards, ", ")})
	}
	return out
}

func orderMoves() (out []move) {
	for _, m := range ticket.OrderFlow() {
		guard := ""
		if m.Inside {
			guard = "inside"
		}
		if m.Once {
			guard += ", once"
		}
		out = append(out, move{string(m.From), string(m.Verb), string(m.To), string(m.May), joined(m.Needs), guard})
	}
	return out
}

func joined(needs []ticket.Need) string {
	names := make([]string, len(needs))
	for i, n := range needs {
		names[i] = string(n)
	}
	return strings.Join(names, ", ")
}

// diagram draws a table of moves: states with the verbs between them, and below every verb with what it takes.
func diagram(first string, moves []move) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> " + first + "\n")
	var arrows []string
	verbs, leaves := map[string][]string{}, map[string]bool{}
	for _, m := range moves {
		if m.from == m.to {
			continue
		}
		arrow := m.from + " --> " + m.to
		if verbs[arrow] == nil {
			arrows = append(arrows, arrow)
		}
		verbs[arrow], leaves[m.from] = append(verbs[arrow], m.verb), true
	}
	for _, a := range arrows {
		fmt.Fprintf(&b, "    %s: %s\n", a, strings.Join(verbs[a], ", "))
	}
	var ends []string
	for _, m := range moves {
		if !leaves[m.to] && !slices.Contains(ends, m.to) {
			ends = append(ends, m.to)
			fmt.Fprintf(&b, "    %s --> [*]\n", m.to)
		}
	}
	b.WriteString("```\n\n| verb | from → to | for | asks for | guards |\n| --- | --- | --- | --- | --- |\n")
	type row struct{ verb, to, may, asks, guards string }
	var rows []row
	from := map[row][]string{}
	for _, m := range moves {
		to := m.to
		if m.from == m.to {
			to = "" // stays where it is
		}
		r := row{m.verb, to, m.may, m.asks, m.guards}
		if from[r] == nil {
			rows = append(rows, r)
		}
		from[r] = append(from[r], m.from)
	}
	for _, r := range rows {
		way := strings.Join(from[r], ", ")
		if r.to != "" {
			way += " → " + r.to
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s |\n", r.verb, way, r.may, r.asks, r.guards)
	}
	return b.String()
}

// The diagrams in ARCHITECTURE.md are what the tables say, so that nobody reads an old flow.
func TestDiagrams(t *testing.T) {
	raw, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for name, want := range map[string]string{"ticket": diagram("registered", ticketMoves()), "order": diagram("sent", orderMoves())} {
		begin, end := "<!-- flow of "+name+", by TestDiagrams -->\n", "<!-- end of "+name+" -->"
		before, rest, found := strings.Cut(text, begin)
		got, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("%s has no place for the flow of %s", plan, name)
		}
		if got != want && !*write {
			t.Errorf("the flow of %s is another one than %s draws; go test ./app/ticket -run TestDiagrams -write", name, plan)
		}
		text = before + begin + want + end + after
	}
	if *write {
		if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
