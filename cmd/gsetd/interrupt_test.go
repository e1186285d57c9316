package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// watched is a log that calls f once, when a line has some words.
type watched struct {
	strings.Builder
	words string
	f     func()
}

func (w *watched) Write(p []byte) (int, error) {
	if w.f != nil && strings.Contains(string(p), w.words) {
		w.f()
		w.f = nil
	}
	return w.Builder.Write(p)
}

// A member that waits for another one to join says so, and is interrupted at once, in order.
func TestAnInterruptEndsTheWaitToJoin(t *testing.T) {
	ca := newCA(t)
	files := filesOf(t, ca, "a")
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	log := &watched{words: "no member to join has answered yet", f: cancel}
	status := run(ctx, []string{"serve", "--listen=127.0.0.1:0", "--dir=" + t.TempDir(), "--peer-join=127.0.0.1:1",
		"--peer-cert=" + files.Certificate, "--peer-key=" + files.Key, "--peer-ca=" + files.Authority}, &out, log)
	if status != 0 || out.Len() > 0 || !strings.Contains(log.String(), "it was interrupted before it served") || strings.Contains(log.String(), "told the hash key") {
		t.Errorf("status %d, %s%s", status, out.String(), log.String())
	}
}

// The log says that data is kept in memory only, that the process was interrupted, and when it has ended.
func TestTheLogSaysHowAServerBeginsAndEnds(t *testing.T) {
	for _, dir := range []string{"", "--dir=" + t.TempDir()} {
		ctx, cancel := context.WithCancel(t.Context())
		in, out := io.Pipe()
		log := new(watched)
		ended := make(chan int)
		go func() {
			args := []string{"serve", "--listen=127.0.0.1:0", dir}
			if dir == "" {
				args = args[:2]
			}
			ended <- run(ctx, args, out, log)
		}()
		var b [1]byte
		if _, err := in.Read(b[:]); err != nil { // it serves
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, in) }()
		cancel()
		if status := <-ended; status != 0 || !strings.Contains(log.String(), "gsetd was interrupted") || !strings.Contains(log.String(), "gsetd has ended") {
			t.Errorf("status %d: %s", status, log.String())
		}
		_ = out.Close()
		if warned := strings.Contains(log.String(), "without --dir all data is gone"); warned != (dir == "") {
			t.Errorf("%q: %s", dir, log.String())
		}
	}
}
