package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
)

// person is somebody at a terminal: what the program says comes here, and what they type goes there.
type person struct {
	t        *testing.T
	keyboard *os.File // the far end of the terminal
	terminal *os.File

	mu    sync.Mutex
	shown bytes.Buffer // prompts and output
	echo  bytes.Buffer // what the terminal shows of what is typed
}

func (p *person) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.Write(b)
}

func (p *person) seen() (shown, echo string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String(), p.echo.String()
}

// newPerson opens a terminal.
func newPerson(t *testing.T) *person {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var unlocked, number int32
	raw, err := keyboard.SyscallConn() // not by Fd, after which nothing could end its reading
	if err != nil {
		t.Fatal(err)
	}
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &number} {
		var errno syscall.Errno
		err := raw.Control(func(fd uintptr) {
			_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(value)))
		})
		if err != nil || errno != 0 {
			t.Fatal(err, errno)
		}
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, keyboard: keyboard, terminal: terminal}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 256)
		for {
			n, err := keyboard.Read(buf)
			if err != nil {
				return
			}
			p.mu.Lock()
			p.echo.Write(buf[:n])
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = terminal.Close()
		_ = keyboard.Close()
		<-done
	})
	return p
}

// until waits until a condition holds.
func (p *person) until(what string, ok func() bool) bool {
	p.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			shown, _ := p.seen()
			p.t.Errorf("%s: not within 30 s; seen:\n%s", what, shown)
			return false
		}
	}
	return true
}

// answers waits for each prompt and types its answer.
func (p *person) answers(dialogue [][2]string) {
	p.t.Helper()
	from := 0
	for _, step := range dialogue {
		asked := p.until("asking "+step[0], func() bool {
			shown, _ := p.seen()
			at := strings.Index(shown[min(from, len(shown)):], step[0])
			if at >= 0 {
				from += at + len(step[0])
			}
			return at >= 0
		})
		if !asked || !p.waitQuiet(strings.Contains(step[0], "Password")) {
			return
		}
		if _, err := p.keyboard.WriteString(step[1] + "\n"); err != nil {
			p.t.Error(err)
			return
		}
	}
}

// waitQuiet waits until the terminal shows what is typed, or for a password until it doesn't.
func (p *person) waitQuiet(quiet bool) bool {
	p.t.Helper()
	return p.until("the terminal's echo", func() bool {
		var state syscall.Termios
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, p.terminal.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&state)))
		return errno == 0 && (state.Lflag&syscall.ECHO == 0) == quiet
	})
}

// run runs one command line at the terminal.
func (p *person) run(ctx context.Context, env map[string]string, args []string, dialogue [][2]string) (shown string, code int) {
	p.t.Helper()
	p.mu.Lock()
	p.shown.Reset()
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.answers(dialogue)
	}()
	code = run(ctx, args, Streams{In: p.terminal, Out: p, Err: p}, func(k string) string { return env[k] })
	<-done
	shown, _ = p.seen()
	return shown, code
}

// From an empty database to an administrator, asked at a terminal: each answer is checked at once, wrong ones are asked
// again with the reason, the password is not shown, and the end says what comes next.
func TestAskedAtATerminal(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DATABASE_URL": dbtest.URL(t), "LOBBY_KEY": pii.NewKey().Text(), "LANG": "en_US.UTF-8", "LOBBY_URL": "https://lobby.example.com"}
	p := newPerson(t)
	ctx := context.WithoutCancel(t.Context())
	shown, code := p.run(ctx, env, []string{"site", "add"}, [][2]string{
		{"Name of the property, as screens show it: ", ""},
		{"Please fill this in", "Garden Court 翠园"},
		{"Short code for the command line [garden-court]: ", "No Code"},
		{"lower-case letters", ""},
		{"Time zone [Asia/Shanghai]: ", "Mars/Olympus"},
		{"There is no such time zone", "Asia/Taipei"},
		{"Languages, the first is its own [zh-CN, zh-TW, en]: ", "en tlh"},
		{"There is no such language", "zh-TW, en"},
		{"Accent colour [#0b6e5f]: ", "green"},
		{"Write the colour like #0b6e5f.", ""},
	})
	if code != 0 || !strings.Contains(shown, "Site garden-court (Garden Court 翠园) stands.") || !strings.Contains(shown, "lobby staff add --site garden-court --role admin") {
		t.Fatalf("exit %d\n%s", code, shown)
	}
	shown, code = p.run(ctx, env, []string{"site", "add", "--name", "Garden Court", "--time-zone", "Asia/Shanghai", "--languages", "en", "--accent", "#0b6e5f"}, [][2]string{
		{"Short code for the command line [garden-court-1]: ", "garden-court"},
		{"already has the code", ""},
	})
	if code != 0 || !strings.Contains(shown, "Site garden-court-1") {
		t.Fatalf("only what no flag answers is asked: exit %d\n%s", code, shown)
	}
	const secret = "correct-horse-55"
	shown, code = p.run(ctx, env, []string{"staff", "add", "--role", "admin", "--site", "garden-court"}, [][2]string{
		{"User name [admin]: ", "<b>"},
		{"2 to 40 characters", ""},
		{"Name, as colleagues see it: ", "管理员"},
		{"Password for admin: ", "short"},
		{"at least 10 characters.\nPassword for admin: ", secret},
		{"Password for admin again: ", "another-one-99"},
		{"The two passwords differ.\nPassword for admin: ", secret},
		{"Password for admin again: ", secret},
	})
	_, echo := p.seen()
	if code != 0 || !strings.Contains(shown, "admin is added at garden-court: admin") || !strings.Contains(shown, "sign in as admin at https://lobby.example.com/login") {
		t.Fatalf("exit %d\n%s", code, shown)
	}
	if strings.Contains(shown+echo, secret) || strings.Contains(echo, "short") {
		t.Error("a password is shown")
	}
}

// Ctrl-C while it asks ends the command: nothing is made, and the terminal shows again what is typed.
func TestStoppedWhileAsking(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DATABASE_URL": dbtest.URL(t), "LOBBY_KEY": pii.NewKey().Text(), "LANG": "en_US.UTF-8"}
	p := newPerson(t)
	ctx, stop := context.WithCancel(t.Context())
	if shown, code := p.run(ctx, env, []string{"site", "add", "--name", "x", "--code", "one", "--time-zone", "Asia/Shanghai", "--languages", "en", "--accent", "#0b6e5f"}, nil); code != 0 {
		t.Fatal(shown)
	}
	go func() {
		p.answers([][2]string{{"Password for admin: ", ""}})
		stop()
	}()
	shown, code := p.run(ctx, env, []string{"staff", "add", "admin", "--role", "admin", "--name", "甲"}, nil)
	if code != 1 || !strings.Contains(shown, "stopped; nothing is changed") {
		t.Errorf("exit %d\n%s", code, shown)
	}
	p.waitQuiet(false)
}
