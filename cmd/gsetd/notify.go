package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// supervisor is who has started the process and waits for word of it, as systemd does for a unit of Type=notify: a
// datagram to the socket that NOTIFY_SOCKET names, as sd_notify(3) says. Without the variable nobody is told.
type supervisor struct {
	socket   string        // a path, or @ and a name of Linux' abstract ones
	watchdog time.Duration // the longest time between two signs of life; 0 if none are waited for
}

// newSupervisor reads the environment.
func newSupervisor(environment func(string) string) supervisor {
	s := supervisor{socket: environment("NOTIFY_SOCKET")}
	pid := environment("WATCHDOG_PID")
	if n, err := strconv.ParseInt(environment("WATCHDOG_USEC"), 10, 64); err == nil && n > 0 && n < int64(maxWatchdog/time.Microsecond) &&
		(pid == "" || pid == strconv.Itoa(os.Getpid())) {
		s.watchdog = time.Duration(n) * time.Microsecond
	}
	return s
}

// maxWatchdog bounds what WATCHDOG_USEC says. More than a day is nobody's who waits for signs of life.
const maxWatchdog = 24 * time.Hour

// notifyTime is how long a supervisor is waited for that takes nothing.
const notifyTime = time.Second

// tell sends assignments, a line each. That it fails is logged: the supervisor then thinks what it likes.
func (s supervisor) tell(lines ...string) {
	if s.socket == "" {
		return
	}
	if err := s.send(strings.Join(lines, "\n")); err != nil {
		slog.Warn("the supervisor is not told", "of", lines[0], "error", err)
	}
}

func (s supervisor) send(text string) (err error) {
	if s.socket[0] != '/' && s.socket[0] != '@' {
		return fmt.Errorf("NOTIFY_SOCKET is %q, and no path of a Unix socket", s.socket)
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Net: "unixgram", Name: s.socket})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.SetDeadline(time.Now().Add(notifyTime)); err != nil {
		return err
	}
	_, err = c.Write([]byte(text))
	return err
}

// ready says that the process serves, and gives signs of life as long as alive returns no error, until stop is
// called for the first time.
func (s supervisor) ready(status string, alive func(context.Context) error) (stop func()) {
	s.tell("READY=1", "STATUS="+strings.ReplaceAll(status, "\n", " "))
	if s.socket == "" || s.watchdog == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.watch(ctx, alive) })
	return sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
}

// watch gives a sign of life twice in the time in which one is waited for.
func (s supervisor) watch(ctx context.Context, alive func(context.Context) error) {
	ticker := time.NewTicker(s.watchdog / 2)
	defer ticker.Stop()
	for {
		asking, done := context.WithTimeout(ctx, s.watchdog/2)
		err := alive(asking)
		done()
		switch {
		case err == nil:
			s.tell("WATCHDOG=1")
		case ctx.Err() == nil:
			slog.Error("no sign of life: the loop does not answer", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// stopping says that the process is about to end.
func (s supervisor) stopping() { s.tell("STOPPING=1") }
