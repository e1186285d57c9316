package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// supervise has the processes of a test told to tell this one of themselves, and returns what receives a datagram.
func supervise(t *testing.T, name string) (receive func() string) {
	t.Helper()
	ln, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	t.Setenv("NOTIFY_SOCKET", name)
	return func() string {
		t.Helper()
		b := make([]byte, 1<<12)
		n, err := ln.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

// A supervisor is told when the process serves, and when it is about to end.
func TestASupervisorIsToldOfTheBeginningAndTheEnd(t *testing.T) {
	receive := supervise(t, filepath.Join(t.TempDir(), "notify"))
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0")
	if got, want := receive(), "READY=1\nSTATUS=serving "+servedAt(printed); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c := connect(t, servedAt(printed)) // it does
	_ = c.Close()
	stop()
	if got := receive(); got != "STOPPING=1" {
		t.Errorf("%q", got)
	}
}

// A watchdog has signs of life as long as the loop answers.
func TestAWatchdogHasSignsOfLife(t *testing.T) {
	receive := supervise(t, filepath.Join(t.TempDir(), "notify"))
	t.Setenv("WATCHDOG_USEC", "60000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	_, stop := start(t, 1, "serve", "--listen=127.0.0.1:0")
	if got := receive(); !strings.HasPrefix(got, "READY=1\n") {
		t.Errorf("%q", got)
	}
	for range 3 {
		if got := receive(); got != "WATCHDOG=1" {
			t.Errorf("%q", got)
		}
	}
	stopped := make(chan struct{})
	go func() { // a socket that nobody reads is full soon
		defer close(stopped)
		stop()
	}()
	for got := "WATCHDOG=1"; got != "STOPPING=1"; {
		if got = receive(); got != "WATCHDOG=1" && got != "STOPPING=1" {
			t.Errorf("%q", got)
		}
	}
	<-stopped
}

// A supervisor that is not there, or a watchdog of nonsense, keeps nobody from serving.
func TestASupervisorThatIsNotThereChangesNothing(t *testing.T) {
	for _, socket := range []string{"", "/nowhere/at/all", "nonsense", "vsock:2:1", "@gsetd that is nowhere"} {
		t.Setenv("NOTIFY_SOCKET", socket)
		t.Setenv("WATCHDOG_USEC", "-1")
		_, stop := start(t, 1, "serve", "--listen=127.0.0.1:0")
		stop()
	}
}

func TestAWatchdogOfAnotherProcessIsNotThisOnes(t *testing.T) {
	for _, c := range []struct {
		usec, pid string
		want      bool
	}{
		{"1000000", "", true}, {"1000000", strconv.Itoa(os.Getpid()), true}, {"1000000", "1", false}, {"0", "", false},
		{"9223372036854775807", "", false}, {"x", "", false}, {"", "", false},
	} {
		s := newSupervisor(func(name string) string {
			return map[string]string{"WATCHDOG_USEC": c.usec, "WATCHDOG_PID": c.pid}[name]
		})
		if (s.watchdog > 0) != c.want {
			t.Errorf("%+v: %v", c, s.watchdog)
		}
	}
}
