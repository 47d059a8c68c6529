package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
)

func TestMain(m *testing.M) {
	code := m.Run()
	boottest.Cleanup()
	os.Exit(code)
}

// walk visits every command but cobra's own.
func walk(c *cobra.Command, visit func(*cobra.Command)) {
	if c.Name() == "help" || c.Name() == "completion" {
		return
	}
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}

// Each subcommand explains itself: what it does in a line, and how it is called.
func TestEveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	e := &env{cfg: config.FromEnv(func(string) string { return "" })}
	seen := 0
	walk(e.root(), func(c *cobra.Command) {
		seen++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: a line of what it does is needed, without a full stop; it has %q", c.CommandPath(), c.Short)
		}
		if !strings.Contains(c.Example, "lobby") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		if c.HasSubCommands() {
			return
		}
		if c.RunE == nil {
			t.Errorf("%s does nothing, or swallows its error", c.CommandPath())
		}
		for _, line := range strings.Split(c.Example, "\n") {
			if line != "" && !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: an example is not indented: %q", c.CommandPath(), line)
			}
		}
	})
	if seen < 20 {
		t.Errorf("only %d commands were looked at", seen)
	}
}

// lobby runs the real program.
func lobby(t *testing.T, env []string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), boottest.Binary(t), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=en_US.UTF-8"}, env...)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return both.String(), cmd.ProcessState.ExitCode()
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	good := []string{"DATABASE_URL=" + dbtest.URL(t), "LOBBY_KEY=" + pii.NewKey().Text()}
	empty := []string{"DATABASE_URL=" + dbtest.Empty(t), good[1]}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		says string
	}{
		{"nothing", nil, nil, 0, "Available Commands"},
		{"help", nil, []string{"--help"}, 0, "Examples:"},
		{"help of a subcommand", nil, []string{"demo", "load", "--help"}, 0, "lobby demo load"},
		{"version", nil, []string{"--version"}, 0, "lobby version"},
		{"unknown command", nil, []string{"open-sesame"}, 2, "unknown command"},
		{"unknown subcommand", nil, []string{"site", "burn"}, 2, "there are: add, import, list, set, template"},
		{"group alone", nil, []string{"site"}, 2, "needs one of: add, import, list, set, template"},
		{"unknown flag", nil, []string{"serve", "--loud"}, 2, "unknown flag"},
		{"missing flag", good, []string{"site", "add"}, 2, "--name and --code are needed"},
		{"nothing to change", good, []string{"site", "set", "garden"}, 2, "say what to change"},
		{"an argument too many", good, []string{"site", "list", "all"}, 2, "unknown command"},
		{"no key", good[:1], []string{"site", "list"}, 1, "LOBBY_KEY is required"},
		{"another key", []string{good[0], "LOBBY_KEY=" + pii.NewKey().Text()}, []string{"site", "list"}, 1, "does not belong to this database"},
		{"no database there", []string{"DATABASE_URL=postgres://a:b@127.0.0.1:1/c?sslmode=disable", good[1]}, []string{"site", "list"}, 1, "can't be reached"},
		{"migrations pending", empty, []string{"site", "list"}, 1, "lobby migrate up"},
		{"serving with migrations pending", empty, []string{"serve", "--addr", "127.0.0.1:0"}, 1, "lobby migrate up"},
		{"no site yet", good, []string{"site", "list"}, 0, "CODE"},
		{"tick", good, []string{"tick"}, 0, "0 limits and escalations noted"},
	} {
		// In order: the first command with the key makes the key ring that the wrong key is tried on.
		if c.name == "another key" {
			if out, code := lobby(t, good, "site", "list"); code != 0 {
				t.Fatalf("site list: exit %d\n%s", code, out)
			}
		}
		out, code := lobby(t, c.env, c.args...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d with %q:\n%s", c.name, code, c.code, c.says, out)
		}
		if strings.Contains(out, "goroutine ") {
			t.Errorf("%s: a stack trace:\n%s", c.name, out)
		}
	}
}

func TestSiteAndDemo(t *testing.T) {
	t.Parallel()
	real := []string{"DATABASE_URL=" + dbtest.URL(t), "LOBBY_KEY=" + pii.NewKey().Text()}
	demo := []string{"DATABASE_URL=" + dbtest.URL(t), "LOBBY_KEY=" + pii.NewKey().Text()}
	for _, c := range []struct {
		env  []string
		args []string
		code int
		says string
	}{
		{real, []string{"site", "add", "--code", "riverside", "--name", "滨河花园"}, 0, "lobby staff add --site riverside"},
		{real, []string{"site", "add", "--code", "riverside", "--name", "别的"}, 1, "already has the code"},
		{real, []string{"site", "add", "--code", "No Good", "--name", "", "--time-zone", "Mars/Base", "--accent", "green"}, 1, "time-zone: There is no such time zone"},
		{real, []string{"site", "list"}, 0, "riverside  滨河花园  Asia/Shanghai  zh-CN,zh-TW,en  #0b6e5f  false"},
		{real, []string{"site", "set", "riverside", "--name", "滨河花园二期", "--languages", "en,zh-CN", "--accent", "#7a3b0b"}, 0, "滨河花园二期, Asia/Shanghai, en,zh-CN, #7a3b0b"},
		{real, []string{"site", "set", "riverside", "--languages", "en,tlh"}, 1, "languages: There is no such language"},
		{real, []string{"site", "set", "riverside", "--name", ""}, 1, "name: Please fill this in"},
		{real, []string{"site", "set", "elsewhere", "--name", "x"}, 1, "there is no site"},
		{real, []string{"demo", "load"}, 1, "holds a real site"},
		{demo, []string{"demo", "load"}, 0, "is loaded"},
		{demo, []string{"demo", "load"}, 0, "stands already"},
		{demo, []string{"site", "add", "--code", "riverside", "--name", "滨河花园"}, 1, "can’t share a database"},
		{demo, []string{"staff", "list"}, 0, "supervisor"},
		{demo, []string{"tick"}, 0, "records sealed"},
	} {
		out, code := lobby(t, c.env, c.args...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("lobby %s: exit %d, want %d with %q:\n%s", strings.Join(c.args, " "), code, c.code, c.says, out)
		}
	}
}
