package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"lobby/app/kit/fault"
)

// errStopped is the answer of somebody who ends the questions: Ctrl-C or Ctrl-D.
var errStopped = errors.New("stopped; nothing is changed")

// terminal gives the terminal that a person sits at, or nil: then nothing can be asked.
func (e *env) terminal() *os.File {
	if file, ok := e.In.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return file
	}
	return nil
}

// asked is one question: what is proposed stands in brackets and is taken by pressing Enter. check says at once what is
// wrong with an answer, and the question comes again.
type asked struct {
	prompt   string
	proposal string
	check    func(answer string) error
}

// ask asks until the answer is right.
func (e *env) ask(ctx context.Context, q asked) (string, error) {
	for {
		prompt := q.prompt
		if q.proposal != "" {
			prompt += " [" + q.proposal + "]"
		}
		if _, err := fmt.Fprintf(e.Err, "%s: ", prompt); err != nil {
			return "", err
		}
		line, err := e.typed(ctx, e.line)
		if err != nil {
			return "", err
		}
		if line = strings.TrimSpace(line); line == "" {
			line = q.proposal
		}
		if err = q.check(line); err == nil {
			return line, nil
		}
		if _, err := fmt.Fprintf(e.Err, "  %s\n", says(ctx, err)); err != nil {
			return "", err
		}
	}
}

// says is what is wrong in one line: of a fault the field's own words.
func says(ctx context.Context, err error) string {
	if f, ok := fault.As(err); ok && len(f.Fields) > 0 {
		return say(ctx, fault.New(f.Kind, f.Fields[0].Key, f.Fields[0].Args))
	}
	return say(ctx, err)
}

// only picks what is wrong with one field.
func only(err error, field string) error {
	f, ok := fault.As(err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	for _, wrong := range f.Fields {
		if wrong.Name == field {
			return fault.New(fault.Invalid, wrong.Key, wrong.Args)
		}
	}
	return nil
}

// typed waits for what a person types, no longer than the command lives: reading from a terminal can't be cut off.
func (e *env) typed(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		if errors.Is(a.err, io.EOF) {
			return "", errStopped
		}
		return a.text, a.err
	case <-ctx.Done():
		return "", errStopped
	}
}

// line reads one line, byte by byte: what comes after it belongs to the next question.
func (e *env) line() (string, error) {
	var text []byte
	for {
		var b [1]byte
		if _, err := e.In.Read(b[:]); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(text), nil
		}
		if text = append(text, b[0]); len(text) > 4096 {
			return "", errors.New("that line is too long")
		}
	}
}

// askPassword asks twice on a terminal, without showing what is typed, and again where check says no; elsewhere it reads
// one line. A password is never an argument: those stand in the process list and the shell's history.
func (e *env) askPassword(ctx context.Context, prompt string, check func(string) error) (string, error) {
	file := e.terminal()
	if file == nil {
		line, err := bufio.NewReader(io.LimitReader(e.In, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("no password came on standard input")
		}
		return line, nil
	}
	before, err := term.GetState(int(file.Fd()))
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(int(file.Fd()), before) }() // Ctrl-C leaves the question with the echo off
	for {
		first, err := e.secret(ctx, file, prompt)
		if err != nil {
			return "", err
		}
		if err := check(first); err != nil {
			if _, err := fmt.Fprintf(e.Err, "  %s\n", says(ctx, err)); err != nil {
				return "", err
			}
			continue
		}
		again, err := e.secret(ctx, file, prompt+" again")
		if err != nil {
			return "", err
		}
		if first == again {
			return first, nil
		}
		if _, err := fmt.Fprintln(e.Err, "  The two passwords differ."); err != nil {
			return "", err
		}
	}
}

func (e *env) secret(ctx context.Context, file *os.File, prompt string) (string, error) {
	if _, err := fmt.Fprintf(e.Err, "%s: ", prompt); err != nil {
		return "", err
	}
	terminal := int(file.Fd())
	text, err := e.typed(ctx, func() (string, error) {
		raw, err := term.ReadPassword(terminal)
		return string(raw), err
	})
	_, _ = fmt.Fprintln(e.Err)
	return text, err
}
