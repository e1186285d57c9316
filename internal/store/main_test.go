package store_test

import (
	"runtime/debug"
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind. The tests open stores a hundred thousand times, each with its buffers: at
// Go's usual 100% half of their time was the collector's.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	goleak.VerifyTestMain(m)
}
