package boot_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/db/dbtest"
)

// machine is a machine of the test's own for the real program with its embedded database. The test can refuse that
// PostgreSQL starts, and take room on its disk away.
type machine struct {
	t     *testing.T
	dir   string // of all
	env   []string
	house *boottest.House
	addr  string
	site  int64
	kiosk []string // tokens of the paired kiosks
	wall  string
}

// newMachine starts the program once; the site and its screens are made through a second one that joins.
func newMachine(t *testing.T) (*machine, *boottest.Process, *boot.App) {
	t.Helper()
	m := &machine{t: t, dir: dbtest.DataFolder(t), addr: boottest.FreeAddr(t)}
	m.env = []string{"LOBBY_DATA=" + m.data(), "PATH=" + m.programs() + string(filepath.ListSeparator) + os.Getenv("PATH")}
	p := m.serve()
	m.house = boottest.New(t)
	m.house.URL, m.house.Key = "", ""
	m.house.Tweak = func(c *config.Config) { c.Data = m.data() }
	app := m.house.Open(t)
	m.site = m.house.Site(t, app, "machine").ID
	for range 4 {
		token, _ := m.house.Device(t, app, m.site, "kiosk")
		m.kiosk = append(m.kiosk, token)
	}
	m.wall, _ = m.house.Device(t, app, m.site, "wall")
	return m, p, app
}

func (m *machine) data() string { return filepath.Join(m.dir, "var") }

func (m *machine) serve() *boottest.Process { return boottest.Serve(m.t, m.addr, m.env) }

// programs are PostgreSQL's, with a word of the test's before them: what stands in "before" is run first, and the log
// is cut into pieces of a megabyte, so that a disk of two can be imitated.
func (m *machine) programs() string {
	m.t.Helper()
	found, err := cluster.Look(m.t.Context(), m.data())
	if err != nil {
		m.t.Fatal(err)
	}
	folder := filepath.Join(m.dir, "bin")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		m.t.Fatal(err)
	}
	for program, arguments := range map[string]string{"postgres": `"$@"`, "initdb": `"$@" --wal-segsize=1`} {
		script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = -V ] || [ ! -f %s ] || . %s\nexec %s %s\n", m.before(), m.before(), filepath.Join(found.Programs, program), arguments)
		if err := os.WriteFile(filepath.Join(folder, program), []byte(script), 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	return folder
}

func (m *machine) before() string { return filepath.Join(m.dir, "before") }

// refuse makes PostgreSQL fail to start with these words; without words it starts.
func (m *machine) refuse(words string) {
	m.t.Helper()
	var err error
	if words == "" {
		err = os.Remove(m.before())
	} else {
		err = os.WriteFile(m.before(), []byte("echo '"+words+"' >&2; exit 1\n"), 0o644)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// servers are the processes of PostgreSQL, the postmaster first.
func (m *machine) servers() []int {
	m.t.Helper()
	found, err := cluster.Look(m.t.Context(), m.data())
	if err != nil {
		m.t.Fatal(err)
	}
	data := filepath.Join(found.Folder, "data")
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	head, err := strconv.Atoi(first)
	if err != nil {
		m.t.Fatal(err)
	}
	out := []int{head}
	entries, err := fs.Glob(os.DirFS("/proc"), "[0-9]*")
	if err != nil {
		m.t.Fatal(err)
	}
	for _, name := range entries {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == head {
			continue
		}
		if cwd, err := os.Readlink("/proc/" + name + "/cwd"); err == nil && cwd == data {
			out = append(out, pid)
		}
	}
	return out
}

// room lets no file of PostgreSQL grow beyond size bytes ("unlimited": as large as it likes), as a full disk does: a
// write that goes beyond is cut short. The limit is set by an account that may, the server's own.
func (m *machine) room(size string) {
	m.t.Helper()
	for _, pid := range m.servers() {
		info, err := os.Stat("/proc/" + strconv.Itoa(pid))
		if err != nil {
			continue // it has just ended
		}
		cmd := exec.CommandContext(m.t.Context(), "prlimit", "--pid", strconv.Itoa(pid), "--fsize="+size+":unlimited")
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}}
		}
		if out, err := cmd.CombinedOutput(); err != nil && syscall.Kill(pid, 0) == nil {
			m.t.Fatalf("prlimit: %v\n%s", err, out)
		}
	}
}

// kill ends PostgreSQL at once.
func (m *machine) kill() {
	m.t.Helper()
	if err := syscall.Kill(m.servers()[0], syscall.SIGKILL); err != nil {
		m.t.Fatal(err)
	}
}

// The embedded PostgreSQL is killed under a program that serves, under load: the program starts it again by itself, and
// what was acknowledged is there, once, on the wall too.
func TestEmbeddedServerDies(t *testing.T) {
	t.Parallel()
	m, p, app := newMachine(t)
	crowd := enterFrom(t, m.kiosk, p.URL)
	crowd.more(t)
	m.kill()
	crowd.more(t)
	entered := crowd.end(t)
	wantLog(t, p, "the embedded database runs again")

	// It can't be started for a while: not ready, alive, an answer in words and no stack trace.
	m.refuse("FATAL:  could not write lock file: No space left on device")
	m.kill()
	eventually(t, "it says not to be ready", func() bool {
		code, body := get(t, http.DefaultClient, p.URL+"/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "database")
	})
	if code, _ := get(t, http.DefaultClient, p.URL+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d", code)
	}
	res, err := http.PostForm(p.URL+"/login", url.Values{"login": {"desk"}, "password": {"whatever-it-is"}})
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, res); res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "goroutine ") || strings.Contains(body, "dial ") {
		t.Errorf("signing in meanwhile: %d %s", res.StatusCode, body)
	}
	eventually(t, "the log says why", func() bool { return strings.Contains(p.Log(), "its disk is full; make room") })
	m.refuse("")
	boottest.WaitReady(t, p.URL)
	crowd = enterFrom(t, m.kiosk, p.URL)
	crowd.more(t)
	entered += crowd.end(t)
	allOnce(t, app, m.site, entered)
	follow(t, wall(t, p.URL, m.wall), int64(entered))
	if err := p.Stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// The disk of the database is full: an entry is refused in words and leaves nothing behind, pages can be read, and once
// there is room the same entry is taken.
func TestDatabaseDiskFull(t *testing.T) {
	t.Parallel()
	m, p, app := newMachine(t)
	crowd := enterFrom(t, m.kiosk, p.URL)
	crowd.more(t)
	before := crowd.end(t)
	// Half a page more than a whole number of pages: a write is cut short there, which PostgreSQL takes for a full disk.
	m.room(strconv.Itoa(2<<20 + 4096))
	fill(t, app)
	client := &http.Client{}
	var form url.Values
	code, body := http.StatusOK, ""
	for n := 0; code == http.StatusOK && n < 100; n++ { // a page of its table may still have some room
		form = arrival(uuid.Must(uuid.NewV7()), "王小明")
		if code, body = post(t, client, p.URL+"/kiosk/visit", m.kiosk[n%len(m.kiosk)], form); code == http.StatusOK {
			before++
		}
	}
	if code != http.StatusServiceUnavailable || !strings.Contains(body, "磁盘已满") || strings.Contains(body, "extend") {
		t.Errorf("an entry on a full disk: %d %s", code, body)
	}
	count := func() (n int) {
		err := app.DB.NewRaw(`select (select count(*) from visits) + (select count(*) from events) + (select count(*) from audit_log)`).Scan(t.Context(), &n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	had := count()
	if code, body := post(t, client, p.URL+"/kiosk/visit", m.kiosk[1], form); code != http.StatusServiceUnavailable {
		t.Errorf("the same entry again: %d %s", code, body)
	}
	if now := count(); now != had {
		t.Errorf("%d rows in place of %d: half saved", now, had)
	}
	boottest.Screen(t, p.URL, m.wall).Get("/wall").Want(http.StatusOK).WantText(fmt.Sprint(before))
	boottest.WaitReady(t, p.URL)

	m.room("unlimited")
	for range 2 { // the same entry again gives the same visit
		if code, body := post(t, client, p.URL+"/kiosk/visit", m.kiosk[0], form); code != http.StatusOK {
			t.Errorf("once there is room: %d %s", code, body)
		}
	}
	if _, err := app.DB.NewRaw("delete from visits where number like 'X%'").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	allOnce(t, app, m.site, before+1)
}

// fill copies a visit, with long notes and at last with none, until the disk has no room for another one.
func fill(t *testing.T, app *boot.App) {
	t.Helper()
	note := 200
	for n, rows := 0, 256; rows > 0; n++ {
		_, err := app.DB.NewRaw(`insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, note, purpose,
				channel, pass_code, pass_token, pass_index, arrived_at, ended_at, ended_by)
			select site_id, gen_random_uuid(), '', 'X' || ?0 || '-' || n, name, phone, phone_index, '李', repeat('长', ?2), purpose, channel, '000000',
				pass_token, decode(md5(?0 || '-' || n), 'hex'), arrived_at, now(), 'desk'
			from (select * from visits where note = '' limit 1) v, generate_series(1, ?1) n`, n, rows, note).Exec(t.Context())
		switch {
		case err == nil:
		case !strings.Contains(err.Error(), "53100"):
			t.Fatal(err)
		case rows == 1 && note > 0:
			note, rows = 0, 16
		default:
			rows /= 4
		}
	}
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func wantLog(t *testing.T, p *boottest.Process, words string) {
	t.Helper()
	if !strings.Contains(p.Log(), words) {
		t.Errorf("the log does not say %q:\n%s", words, p.Log())
	}
}
