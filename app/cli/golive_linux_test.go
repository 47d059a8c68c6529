package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lobby/app/boot/boottest"
	"lobby/app/kit/db/dbtest"
)

// typed is one command of a transcript, with what the README says that it answers.
type typed struct {
	command string
	input   string // of a here-document
	answer  []string
}

// transcript reads the consoles of a chapter of the README: a line of "# …" is a command, everything else its answer.
func transcript(t *testing.T, chapter string) (out []typed) {
	t.Helper()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(raw), "\n"+chapter+"\n")
	if !found {
		t.Fatalf("the README has no chapter %s", chapter)
	}
	text, _, _ = strings.Cut(text, "\n##")
	for console := range strings.SplitSeq(text, "```console\n") {
		console, _, closed := strings.Cut(console, "```\n")
		if !closed {
			continue // the prose before the first one
		}
		here := false
		for line := range strings.SplitSeq(strings.TrimRight(console, "\n"), "\n") {
			command, is := strings.CutPrefix(line, "# ")
			switch {
			case here && line == "END":
				here = false
			case here:
				out[len(out)-1].input += line + "\n"
			case is:
				command, here = strings.CutSuffix(command, " <<'END'")
				out = append(out, typed{command: command})
			default:
				out[len(out)-1].answer = append(out[len(out)-1].answer, line)
			}
		}
	}
	return out
}

var (
	// ofTheMachine are the commands that prepare the machine and aren't ours; the test prepares a folder instead.
	ofTheMachine = regexp.MustCompile(`^(apt-get|systemctl|useradd|install|nginx|set) `)
	// question is what lobby asks at the terminal; what follows is typed. Passwords aren't shown.
	question = regexp.MustCompile(`^((?:Name of the property|Short code|Time zone|Languages|Accent colour|User name|Name, as|Password)[^:]*):(.*)$`)
)

// admin goes through the transcript.
type admin struct {
	*person
	dir, addr string
	env       map[string]string
	serving   chan int
}

// The transcript of the README, from an empty folder to a site with households, two people, a paired kiosk and a backup
// that was proven by a restore: every line that lobby answers is the one that stands there.
func TestGoLive(t *testing.T) {
	t.Parallel()
	a := &admin{person: newPerson(t), dir: t.TempDir(), serving: make(chan int, 1)}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	defer func() {
		stop()
		if code := <-a.serving; code != 0 {
			t.Errorf("lobby serve ended with %d", code)
		}
	}()
	ran := 0
	for _, step := range transcript(t, "## Going live") {
		file, writes := strings.CutPrefix(step.command, "cat >")
		switch {
		case file == "/etc/lobby/env":
			a.settings(step.input)
		case step.command == "systemctl enable --now lobby":
			a.serve(ctx)
		case writes:
			if err := os.WriteFile(filepath.Join(a.dir, file), []byte(step.input), 0o600); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(step.command, "lobby "):
			a.lobby(ctx, step)
			ran++
		case !ofTheMachine.MatchString(step.command + " "):
			t.Errorf("the test doesn't know what %q is", step.command)
		}
		if t.Failed() {
			return
		}
	}
	if ran < 9 {
		t.Errorf("only %d commands of lobby's were found", ran)
	}
}

// settings are those of the transcript, with a folder and an address of the test's.
func (a *admin) settings(lines string) {
	a.t.Helper()
	a.env = map[string]string{}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		a.env[name] = value
	}
	for _, name := range []string{"LOBBY_DATA", "LOBBY_URL", "LOBBY_ADDR", "LOBBY_TRUSTED_PROXIES"} {
		if a.env[name] == "" {
			a.t.Errorf("the README doesn't set %s", name)
		}
	}
	a.addr = boottest.FreeAddr(a.t)
	a.env["LOBBY_DATA"], a.env["LOBBY_ADDR"], a.env["LOBBY_METRICS_ADDR"] = dbtest.DataFolder(a.t), a.addr, ""
}

// serve is the service.
func (a *admin) serve(ctx context.Context) {
	a.t.Helper()
	var said bytes.Buffer
	go func() {
		code := run(ctx, []string{"serve"}, Streams{In: strings.NewReader(""), Out: io.Discard, Err: &said}, func(k string) string { return a.env[k] })
		if code != 0 {
			a.t.Errorf("lobby serve: %s", said.String())
		}
		a.serving <- code
	}()
	a.until("the service is ready", func() bool {
		res, err := http.Get("http://" + a.addr + "/readyz")
		return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
}

// lobby types one command and its answers to what is asked, and holds what comes against the README.
func (a *admin) lobby(ctx context.Context, step typed) {
	a.t.Helper()
	args := strings.Fields(step.command)[1:]
	for i, arg := range args {
		if slices.Contains([]string{"places.csv", "first.backup"}, arg) {
			args[i] = filepath.Join(a.dir, arg)
		}
	}
	var dialogue [][2]string
	answer := step.answer
	for len(answer) > 0 && question.MatchString(answer[0]) {
		q := question.FindStringSubmatch(answer[0])
		typed := strings.TrimSpace(q[2])
		if strings.HasPrefix(q[1], "Password") {
			typed = "blue-kettle-morning"
		}
		dialogue, answer = append(dialogue, [2]string{q[1] + ":", typed}), answer[1:]
	}
	shown, code := a.run(ctx, a.env, args, dialogue)
	if code != 0 {
		a.t.Errorf("%s: exit code %d:\n%s", step.command, code, shown)
	}
	shown = strings.ReplaceAll(shown, a.dir+"/", "")
	for _, asked := range dialogue {
		_, shown, _ = strings.Cut(shown, asked[0])
		shown = strings.TrimPrefix(shown, " ") // what was typed, and its Enter, only the terminal shows
	}
	compare(a.t, step.command, answer, shown)
	if code := regexp.MustCompile(`enter (\d{4} \d{4}) within`).FindStringSubmatch(shown); code != nil {
		a.pair(code[1])
	}
}

// compare holds an answer against the README: "…" in a line stands for what differs each time, a line of it for lines
// that are left out.
func compare(t *testing.T, command string, want []string, got string) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(got))
	for i, line := range want {
		if line == "…" {
			continue
		}
		pattern := regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " ")), "…", ".*") + `$`)
		leftOut := i > 0 && want[i-1] == "…"
		found := false
		for !found && lines.Scan() {
			text := strings.TrimRight(lines.Text(), " ")
			found = pattern.MatchString(text)
			if !found && strings.TrimSpace(text) != "" && !leftOut {
				break
			}
		}
		if !found {
			t.Errorf("%s: the README says %q, and lobby:\n%s", command, line, got)
			return
		}
	}
}

// pair types a code on the kiosk's browser.
func (a *admin) pair(code string) {
	a.t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, "http://"+a.addr+"/pair", strings.NewReader(url.Values{"code": {code}}.Encode()))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", "203.0.113.7") // the proxy of the README stands between
	r.Header.Set("X-Forwarded-Proto", "https")
	res, err := client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/kiosk" {
		a.t.Errorf("pairing: %s, leads to %q", res.Status, res.Header.Get("Location"))
	}
}
