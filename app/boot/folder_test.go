package boot_test

import (
	"testing"

	"lobby/app/boot/boottest"
)

// Two programs on one data folder: at two addresses both serve from one database; at one address the second refuses in
// words, and the database of the first goes on.
func TestTwoServersOnOneFolder(t *testing.T) {
	t.Parallel()
	m, first, app := newMachine(t)
	second := boottest.Serve(t, boottest.FreeAddr(t), m.env)
	crowd := enterFrom(t, m.kiosk, first.URL, second.URL)
	crowd.more(t)
	entered := crowd.end(t)
	for _, p := range []*boottest.Process{first, second} {
		follow(t, wall(t, p.URL, m.wall), int64(entered))
	}
	out := refused(t, m.lobby("serve", "--addr", m.addr))
	wantLine(t, out, m.addr+" is in use by another program", "LOBBY_ADDR")
	server := m.servers()[0]
	first.Kill() // who started the database
	if err := second.Stop(); err != nil {
		t.Error(err)
	}
	if now := m.servers(); len(now) == 0 || now[0] != server {
		t.Errorf("the database of those who still use it was stopped: %v", now)
	}
	allOnce(t, app, m.site, entered)
}

// A data folder that can't be written, or whose disk is full, refuses the start in one sentence that says what to do.
func TestDataFolderUnusable(t *testing.T) {
	t.Parallel()
	m := bare(t)
	m.first("cat /dev/zero >/dev/full")
	wantLine(t, refused(t, m.lobby("serve", "--addr", "127.0.0.1:0")), m.data(), "is full", "make room", "LOBBY_DATA")

	m.closed()
	wantLine(t, refused(t, m.asNobody("serve", "--addr", "127.0.0.1:0")), "permission denied", "run lobby as that user", "LOBBY_DATA")
}
