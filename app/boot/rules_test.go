//go:build rules

package boot

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// TestRulesOfTheHandbook holds ARCHITECTURE.md's appendix against the run of all tests that `make test` has just
// logged: every rule listed there has a subtest that bears its id and passed, and every id that a subtest bears is
// listed. It runs after the others, with the build tag "rules".
func TestRulesOfTheHandbook(t *testing.T) {
	listed := rulesListed(t, "../../ARCHITECTURE.md")
	passed := rulesTested(t, "../../var/test.json")
	if len(listed) == 0 || len(passed) == 0 {
		t.Fatalf("%d rules listed, %d tested: one of the two files was not read rightly", len(listed), len(passed))
	}
	for id := range listed {
		if !passed[id] {
			t.Errorf("%s stands in ARCHITECTURE.md, but no subtest that bears it passed", id)
		}
	}
	for id := range passed {
		if !listed[id] {
			t.Errorf("a subtest bears %s, which ARCHITECTURE.md does not list", id)
		}
	}
}

var listedRule = regexp.MustCompile(`^- \*\*([A-Z]+-\d+)\*\* `)

func rulesListed(t *testing.T, file string) map[string]bool {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids := map[string]bool{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if m := listedRule.FindStringSubmatch(s.Text()); m != nil {
			ids[m[1]] = true
		}
	}
	return ids
}

var testedRule = regexp.MustCompile(`/([A-Z]+-\d+)(?:_|$)`)

func rulesTested(t *testing.T, file string) map[string]bool {
	f, err := os.Open(file)
	if err != nil {
		t.Fatalf("no log of a run: type `make test` (%v)", err)
	}
	defer f.Close()
	ids := map[string]bool{}
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var event struct{ Action, Test string }
		if json.Unmarshal(s.Bytes(), &event) != nil || event.Action != "pass" {
			continue
		}
		for _, m := range testedRule.FindAllStringSubmatch(event.Test, -1) {
			ids[m[1]] = true
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}
