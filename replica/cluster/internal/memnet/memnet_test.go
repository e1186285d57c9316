package memnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gset/replica/cluster/internal/memnet"
)

const hop = 10 * time.Millisecond

// connected returns the two ends of a connection, and the host that dialed.
func connected(t *testing.T) (near, far net.Conn, from *memnet.Host) {
	t.Helper()
	n := memnet.New(hop)
	a, b := n.Host(), n.Host()
	near, err := a.Dial(t.Context(), b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if far, err = b.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _, _, _ = a.Close(), b.Close(), near.Close(), far.Close() })
	return near, far, a
}

func TestWhatIsWrittenArrivesAHopLaterAndIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far, a := connected(t)
		start := time.Now()
		if _, err := near.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		_ = near.Close()
		got, err := io.ReadAll(far)
		if string(got) != "hello" || err != nil || time.Since(start) != hop || a.Written() != 5 {
			t.Errorf("%q, %v after %v; %d bytes are counted", got, err, time.Since(start), a.Written())
		}
		if _, err := far.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("writing to an end that is closed: %v", err)
		}
	})
}

func TestAWriterWaitsForRoomAndDeadlinesEndWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far, _ := connected(t)
		_ = near.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := near.Write(make([]byte, 10<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n >= 10<<20 {
			t.Errorf("%d bytes are written, %v", n, err)
		}
		if got, err := io.ReadFull(far, make([]byte, n)); got != n {
			t.Errorf("%d of %d bytes arrive, %v", got, n, err)
		}
		_ = far.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := far.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("reading beyond the deadline: %v", err)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(hop)
		a, b := n.Host(), n.Host()
		_ = b.Close()
		if _, err := a.Dial(t.Context(), b.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialing a closed host: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Dial(ctx, a.Addr().String()); !errors.Is(err, context.Canceled) {
			t.Errorf("dialing with a context that has ended: %v", err)
		}
		_ = a.Close()
		if _, err := a.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accepting at a closed host: %v", err)
		}
	})
}
