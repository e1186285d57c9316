package loop_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/loop"
)

func TestTheTimerFiresWhenItsTimeHasComeAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var fired []time.Duration
		var l *loop.Loop
		config := loop.Portable(toyConfig())
		config.Timer = func(now time.Time) {
			fired = append(fired, now.Sub(start))
			if len(fired) < 3 {
				l.SetTimer(now.Add(20 * time.Millisecond))
			}
		}
		l, err := loop.New(config)
		if err != nil {
			t.Fatal(err)
		}
		l.SetTimer(start.Add(5 * time.Millisecond))
		ended := make(chan error, 1)
		go func() { ended <- l.Run() }()
		time.Sleep(time.Second)
		_ = l.Do(func() { l.SetTimer(time.Now().Add(2 * time.Hour)) })
		time.Sleep(3 * time.Hour)
		l.Stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{5 * time.Millisecond, 25 * time.Millisecond, 45 * time.Millisecond, time.Second + 2*time.Hour}
		if len(fired) != len(want) {
			t.Fatal(fired)
		}
		for i := range want {
			if fired[i] != want[i] {
				t.Fatal(fired)
			}
		}
	})
}

func TestATimerEndsABatchOnEpoll(t *testing.T) {
	h := newToy()
	committed := make(chan struct{}, 10)
	h.commit = func() error { committed <- struct{}{}; return nil }
	fired := make(chan struct{})
	l := run(t, loop.Config{Handler: h, Timer: func(time.Time) { close(fired) }})
	if err := l.Do(func() { l.SetTimer(time.Now().Add(time.Millisecond)) }); err != nil {
		t.Fatal(err)
	}
	<-fired
	<-committed // of the function
	<-committed // of the timer
}

// A TLS client that says nothing is given up; so is what waits for it when the loop stops.
func TestASilentHandshakeIsGivenUp(t *testing.T) {
	config := toyConfig()
	config.HandshakeTimeout = time.Millisecond
	ln := listen(t)
	run(t, config, tlsListener(t, ln))
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatal("it said something")
	}

	ln = listen(t)
	run(t, toyConfig(), tlsListener(t, ln)) // stops below, and must not wait
	conn, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
}

// Connections of any kind, in virtual time: nothing of what the loop does depends on when.
func TestAnAdoptedConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := loop.New(loop.Portable(toyConfig()))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- l.Run() }()
		near, far := net.Pipe()
		if err := l.Adopt(far); err != nil {
			t.Fatal(err)
		}
		c := server{t: t, dials: func() (net.Conn, error) { return near, nil }}.dial()
		c.send("PING\r\nECHO a\r\n")
		c.expect("+PONG\r\n$1\r\na\r\n")
		// It does not read its last replies: the connection is given up after a while.
		c.send("PING\r\nQUIT\r\n")
		start := time.Now()
		l.Stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited > 10*time.Second {
			t.Fatal(waited)
		}
	})
}
