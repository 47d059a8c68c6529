package boot_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
)

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
	m.first("cat /dev/zero >/dev/full")
	m.kill()
	eventually(t, "it says not to be ready", func() bool {
		code, body := get(t, http.DefaultClient, p.URL+"/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "database")
	})
	if code, _ := get(t, http.DefaultClient, p.URL+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d", code)
	}
	sign := url.Values{"login": {"desk"}, "password": {"whatever-it-is"}}
	if code, body := post(t, &http.Client{}, p.URL+"/login", "", sign); code != http.StatusServiceUnavailable || strings.Contains(body, "goroutine ") || strings.Contains(body, "dial ") {
		t.Errorf("signing in meanwhile: %d %s", code, body)
	}
	eventually(t, "the log says why", func() bool { return strings.Contains(p.Log(), "its disk is full; make room") })
	m.first("")
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

func wantLog(t *testing.T, p *boottest.Process, words string) {
	t.Helper()
	if !strings.Contains(p.Log(), words) {
		t.Errorf("the log does not say %q:\n%s", words, p.Log())
	}
}
