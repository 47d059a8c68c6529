package cli

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

// typed runs one command line with something on standard input.
func (b *deskBundle) typed(input string, args ...string) (out, errs string, code int) {
	b.t.Helper()
	env := map[string]string{"DATABASE_URL": b.url, "LOBBY_KEY": b.key.Text(), "LANG": "en_US.UTF-8"}
	var o, e bytes.Buffer
	code = run(context.WithoutCancel(b.t.Context()), args, Streams{In: strings.NewReader(input), Out: &o, Err: &e}, func(k string) string { return env[k] })
	return o.String(), e.String(), code
}

func TestStaffCommand(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	const secret = "correct horse battery"
	for _, step := range []struct {
		name, input string
		args        []string
		code        int
		says        string
	}{
		{"somebody new", secret + "\n", []string{"staff", "add", "Li.Ming", "--name", "李明", "--role", "agent,guard"}, 0, "li.ming is added at riverside: agent, guard"},
		{"a further role, no password asked", "", []string{"staff", "add", "li.ming", "--role", "cashier"}, 0, "is there already"},
		{"a password without a line end", secret, []string{"staff", "add", "wu", "--name", "吴", "--role", "admin", "--language", "zh-TW"}, 0, "wu is added"},
		{"a new password", "another good one\r\n", []string{"staff", "passwd", "wu"}, 0, "signed out everywhere"},
		{"a short password", "short\n", []string{"staff", "passwd", "wu"}, 1, "at least 10 characters"},
		{"no password", "", []string{"staff", "passwd", "wu"}, 1, "no password came"},
		{"somebody who isn't there", secret + "\n", []string{"staff", "passwd", "nobody"}, 1, "Nobody has this user name"},
		{"disable", "", []string{"staff", "disable", "wu"}, 0, "wu is disabled"},
		{"enable", "", []string{"staff", "enable", "wu"}, 0, "wu may sign in again"},
		{"disable again", "", []string{"staff", "disable", "wu"}, 0, "wu is disabled"},
		{"grant", "", []string{"staff", "grant", "li.ming", "--role", "manager", "--site", "riverside"}, 0, "has now the roles at riverside: manager"},
		{"revoke", "", []string{"staff", "revoke", "li.ming", "--role", "manager"}, 0, "has no longer the roles at riverside: manager"},
		{"revoke an unknown role", "", []string{"staff", "revoke", "li.ming", "--role", "king"}, 2, `there is no role "king"`},
		{"grant nobody", "", []string{"staff", "grant", "nobody", "--role", "agent"}, 1, "Nobody has this user name"},
		{"disable nobody", "", []string{"staff", "disable", "nobody"}, 1, "Nobody has this user name"},
		{"a strange login", secret + "\n", []string{"staff", "add", "<b>", "--name", "x", "--role", "agent"}, 1, "2 to 40 characters"},
		{"an unknown role", secret + "\n", []string{"staff", "add", "wang", "--name", "王", "--role", "king"}, 2, `there is no role "king"`},
		{"no role", "", []string{"staff", "add", "wang", "--name", "王"}, 2, "role"},
		{"no name", secret + "\n", []string{"staff", "add", "wang", "--role", "agent"}, 2, "--name is needed"},
		{"no login", "", []string{"staff", "add", "--role", "agent"}, 2, "arg"},
		{"a password as an argument", "", []string{"staff", "passwd", "wu", secret}, 2, "arg"},
		{"an unknown site", secret + "\n", []string{"staff", "add", "wang", "--name", "王", "--role", "agent", "--site", "nowhere"}, 1, `there is no site "nowhere"`},
		{"no subcommand", "", []string{"staff"}, 2, "add, disable, enable, grant, list, passwd, revoke"},
	} {
		out, errs, code := b.typed(step.input, step.args...)
		if code != step.code || !strings.Contains(out+errs, step.says) {
			t.Errorf("%s: exit %d, %q %q; want %d and %q", step.name, code, out, errs, step.code, step.says)
		}
		if strings.Contains(out+errs, secret) && step.code != 2 {
			t.Errorf("%s: the password is shown", step.name)
		}
	}
	out, _, code := b.typed("", "staff", "list", "--site", "riverside")
	if code != 0 || !regexp.MustCompile(`li\.ming +李明 +agent,cashier,guard +zh-CN +active`).MatchString(out) || !regexp.MustCompile(`wu +吴 +admin +zh-TW +disabled`).MatchString(out) {
		t.Errorf("list: %d\n%s", code, out)
	}
	var hashes int
	if err := b.db.NewRaw(`select count(*) from staff where password_hash like '$argon2id$%'`).Scan(t.Context(), &hashes); err != nil || hashes != 2 {
		t.Errorf("%d argon2id hashes, %v", hashes, err)
	}
}

func TestDeviceCommand(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	out, errs, code := b.typed("", "device", "pair", "--kind", "wall", "--name", "监控室", "--language", "en")
	if code != 0 || !regexp.MustCompile(`Device \d+ \(wall "监控室" at riverside\)\.\nOpen .*/pair.* enter \d{4} \d{4} within 10 minutes`).MatchString(out) {
		t.Fatalf("pair: %d %s %s", code, out, errs)
	}
	for _, step := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"list", []string{"device", "list"}, 0, "waiting"},
		{"list of a site", []string{"device", "list", "--site", "riverside"}, 0, "监控室"},
		{"an unknown kind", []string{"device", "pair", "--kind", "fridge", "--name", "x"}, 2, "kiosk, display, wall"},
		{"an unknown language", []string{"device", "pair", "--kind", "wall", "--name", "x", "--language", "tlh"}, 2, "zh-CN, zh-TW, en"},
		{"no name", []string{"device", "pair", "--kind", "wall"}, 2, "name"},
		{"an empty name", []string{"device", "pair", "--kind", "wall", "--name", " "}, 1, "Please fill this in"},
		{"no id", []string{"device", "revoke", "x"}, 2, "is no id"},
		{"an unknown id", []string{"device", "revoke", "999999"}, 1, "could not find"},
		{"revoke", []string{"device", "revoke", "1"}, 0, "is revoked"},
		{"list shows it", []string{"device", "list"}, 0, "revoked"},
	} {
		out, errs, code := b.typed("", step.args...)
		if code != step.code || !strings.Contains(out+errs, step.says) {
			t.Errorf("%s: exit %d, %q %q; want %d and %q", step.name, code, out, errs, step.code, step.says)
		}
	}
	for _, args := range [][]string{{"staff"}, {"staff", "add"}, {"staff", "list"}, {"staff", "passwd"}, {"staff", "disable"}, {"staff", "enable"}, {"staff", "grant"}, {"staff", "revoke"}, {"site", "set"}, {"device"}, {"device", "pair"}, {"device", "list"}, {"device", "revoke"}} {
		if out, errs, code := b.typed("", append(args, "--help")...); code != 0 || !strings.Contains(out, "Examples:") || errs != "" {
			t.Errorf("%v --help: %d %s%s", args, code, out, errs)
		}
	}
}
