package rawjson

import (
	"strings"
	"testing"
)

func TestLongRepliesAreClipped(t *testing.T) {
	if got := Clip([]byte(strings.Repeat("x", 1000))); len(got) > 450 || !strings.HasSuffix(got, "... (1000 bytes in all)") {
		t.Errorf("got %s", got)
	}
}
