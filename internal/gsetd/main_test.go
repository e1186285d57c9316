package gsetd_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind.
// No test leaves a goroutine behind but a probe of memberlist's, which its Shutdown does not wait for.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/hashicorp/memberlist.(*Memberlist).probe"))
}
