package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"gset/replica/cluster"
)

// unanswered opens a node whose member to join is never there, until it has called times times. It returns the log.
func unanswered(t *testing.T, times int, answer func(call int) error) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var text bytes.Buffer
	calls := 0
	c := config(t, newCA(t), "b").Over(func(context.Context, string) (net.Conn, error) {
		if calls++; calls == times {
			cancel()
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: answer(calls)}
	})
	c.Join, c.JoinTimeout, c.Log = []string{"127.0.0.1:1"}, time.Hour, slog.New(slog.NewTextHandler(&text, nil))
	if n, err := cluster.OpenContext(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
		if err == nil {
			_ = n.Close()
		}
	}
	return text.String()
}

// A node that waits for members to join stops with the context of its opening, and not after the time to wait for them.
func TestJoiningEndsWithItsContext(t *testing.T) {
	unanswered(t, 1, func(int) error { return syscall.ECONNREFUSED })
}

// What keeps a node from joining is in its log, once for each address and reason.
func TestEachReasonNotToJoinIsLoggedOnce(t *testing.T) {
	text := unanswered(t, 4, func(call int) error { return []error{syscall.ECONNREFUSED, syscall.ECONNABORTED}[call%2] })
	for _, reason := range []error{syscall.ECONNREFUSED, syscall.ECONNABORTED} {
		if n := strings.Count(text, reason.Error()); n != 1 {
			t.Errorf("%v is logged %d times: %s", reason, n, text)
		}
	}
	if !strings.Contains(text, "127.0.0.1:1") {
		t.Error(text)
	}
}

// An address that can be no member's is refused before anything is begun.
func TestAnAddressToJoinThatCanBeNoMembersIsRefusedAtOnce(t *testing.T) {
	ca := newCA(t)
	for _, address := range []string{"127.0.0.1", "host:noport", "host:", "::1", "host:0", "host:70000", ""} {
		c := config(t, ca, "a")
		c.Join = []string{address}
		if n, err := cluster.Open(c); err == nil || !strings.Contains(err.Error(), "to join") {
			t.Errorf("%q: %v", address, err)
			if err == nil {
				_ = n.Close()
			}
		}
	}
}
