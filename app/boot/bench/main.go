// Command bench measures lobby against a yardstick of the same run on the same machine and writes BENCH.md: ratios
// keep their meaning on a noisy machine, seconds don't. It starts an embedded PostgreSQL of its own in a temporary
// folder, with durability on, and stays on loopback.
//
//	go run ./app/boot/bench            all figures, into BENCH.md
//	go run ./app/boot/bench -only wall one section, to the terminal
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"lobby/app/boot"
)

// section is one chapter of BENCH.md.
type section struct {
	name  string // for -only
	run   func(ctx context.Context, h *house) (chapter, error)
	apart bool // only where it is asked for by name
}

// chapter is what a section found.
type chapter struct {
	Title string
	How   string
	Lines []line
	Notes []string
}

// line is one figure beside its yardstick.
type line struct {
	What      string
	Ours      string
	Yardstick string
	Ratio     string
	Target    string
	Met       bool
}

var sections = []section{
	{name: "live", run: walls},
	{name: "memory", run: memory},
	{name: "start", run: start},
	{name: "wall", run: wallPage},
	{name: "weight", run: weight},
	{name: "import", run: spreadsheets},
	{name: "tickets", run: largeSite},
	{name: "registrations", run: registrations}, // late: it leaves thousands of visitors in the building
	{name: "backup", run: backups},              // last: it leaves a million tickets
	{name: "busy", run: busy},
	{name: "due", run: dueAlone, apart: true}, // a part of tickets, for trying
}

func main() {
	only := flag.String("only", "", "run one section and print it")
	out := flag.String("out", "BENCH.md", "file to write")
	binary := flag.String("binary", "bin/lobby", "the built program, for start and size")
	flag.Parse()
	if child() { // memory measures a server in a process of its own
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *only, *out, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, only, out, binary string) error {
	if err := boot.SetHeap(); err != nil { // as a server does
		return err
	}
	h, err := openHouse(ctx, binary)
	if err != nil {
		return err
	}
	text, err := chapters(ctx, h, only)
	if err = errors.Join(err, h.close()); err != nil {
		return err
	}
	if only != "" {
		return nil
	}
	return os.WriteFile(out, []byte(text), 0o644)
}

func chapters(ctx context.Context, h *house, only string) (string, error) {
	var doc strings.Builder
	heading(ctx, &doc)
	for _, s := range sections {
		if only != "" && s.name != only || only == "" && s.apart {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", s.name, "…")
		c, err := s.run(ctx, h)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
		c.write(io.MultiWriter(&doc, os.Stdout))
	}
	return doc.String(), nil
}

func heading(ctx context.Context, w io.Writer) {
	commit, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		commit = []byte("?")
	}
	fmt.Fprintf(w, `# Figures

Written by `+"`make bench`"+` on %s at commit %s, with %d cores, %s. Every figure stands beside a yardstick that was
measured in the same run: machines like this one are noisy, and a ratio says more than a number of seconds.
`, time.Now().UTC().Format("2006-01-02"), strings.TrimSpace(string(commit)), runtime.NumCPU(), runtime.Version())
}

func (c chapter) write(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n\n%s\n\n", c.Title, c.How)
	fmt.Fprintln(w, "| figure | lobby | yardstick | ratio | target | |\n| --- | --- | --- | --- | --- | --- |")
	for _, l := range c.Lines {
		met := "met"
		switch {
		case l.Target == "":
			met = ""
		case !l.Met:
			met = "**missed**"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", l.What, l.Ours, l.Yardstick, l.Ratio, l.Target, met)
	}
	for _, n := range c.Notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
}
