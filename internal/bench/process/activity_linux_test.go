package process

import (
	"io"
	"testing"
)

// A program that waits for its input is idle in the end, and one that computes never is.
func TestAProgramThatWaitsIsToldFromOneThatWorks(t *testing.T) {
	l := NewSpawner()
	defer l.Close()
	for _, test := range []struct {
		name, script string
		unread       int // when the program waits; -1: it works
	}{
		{"reads", "cat > /dev/null", 0},
		{"reads by a child in the middle of the family", "(cat; :) | cat", 0},
		{"does not read", "read x < /dev/ptmx", len("hello\n")},
		{"works", "while :; do :; done", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := l.Launch("/bin/sh", []string{"-c", "echo; " + test.script}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { p.Kill(); p.Wait() }()
			if _, err := io.WriteString(p.Stdin, "hello\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(p.Stdout, make([]byte, 1)); err != nil { // it runs
				t.Fatal(err)
			}
			for looks := 0; looks < 100 || test.unread >= 0; looks++ {
				a, ok := p.Activity()
				if !ok {
					return // a kernel that does not tell
				}
				if a.Idle && a.Unread == test.unread {
					return
				}
				if a.Idle && test.unread < 0 {
					t.Fatalf("it works, but %+v", a)
				}
			}
		})
	}
}
