package loop_test

import (
	"net"
	"testing"
	"time"

	"gset/internal/loop"
)

func TestTurnsAreMeasured(t *testing.T) {
	done := make(chan loop.Stats, 1)
	var l *loop.Loop
	var turns int
	began := time.Now()
	l = run(t, loop.Config{Handler: newToy(), Timer: func(time.Time) {
		if turns++; turns == 3 {
			done <- l.Stats()
		}
		l.SetTimer(time.Now().Add(time.Millisecond))
	}})
	if err := l.Do(func() { l.SetTimer(time.Now()) }); err != nil {
		t.Fatal(err)
	}
	s := <-done
	if s.Busy <= 0 || s.Longest <= 0 || s.Longest > s.Busy || s.Busy > time.Since(began) {
		t.Errorf("%+v", s)
	}
}

func TestHandshakesThatFailAreCounted(t *testing.T) {
	ln := listen(t)
	l := run(t, toyConfig(), tlsListener(t, ln))
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("PING\r\nPING\r\nPING\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 100); err == nil; { // an alert, and the end
		_, err = conn.Read(b)
	}
	got := make(chan loop.Stats)
	if err := l.Do(func() { got <- l.Stats() }); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s.BadTLS != 1 || s.Accepted != 0 {
		t.Errorf("%+v", s)
	}
}
