package loop_test

import (
	"net"
	"testing"

	"gset/internal/loop"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a loop with listeners until the test ends.
func run(t testing.TB, config loop.Config, listeners ...net.Listener) *loop.Loop {
	t.Helper()
	l, err := loop.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, ln := range listeners {
		if err := l.Serve(ln); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run() }()
	t.Cleanup(func() {
		l.Stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return l
}
