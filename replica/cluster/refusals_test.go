package cluster

import (
	"fmt"
	"testing"
	"time"
)

// All messages that are refused are counted. Of one peer's, whose reasons may all differ, one line a minute is logged.
func TestRefusedMessagesOfAPeerAreLoggedOnceAMinute(t *testing.T) {
	var r refusals
	logged := map[string]int{}
	const seconds = 180
	for s := range seconds {
		for _, peer := range []string{"a", "b"} {
			x := Refusal{At: time.Unix(int64(s), 0), Name: peer, Reason: fmt.Sprint("a list of ", s, " items")}
			if r.note(x, RefusedWhy{Kind: kindMessage}) {
				logged[peer]++
			}
		}
	}
	if logged["a"] != 3 || logged["b"] != 3 {
		t.Errorf("logged in %d s: %v", seconds, logged)
	}
	if n := r.counts[RefusedWhy{Kind: kindMessage}]; n != 2*seconds || len(r.last) > maxRefusals {
		t.Errorf("%d are counted, and %d kept", n, len(r.last))
	}
	for i := range 10 * maxRefusals {
		r.note(Refusal{At: time.Unix(seconds, 0), Name: fmt.Sprint(i)}, RefusedWhy{Kind: kindMessage})
	}
	if len(r.messages) > maxRefusals {
		t.Errorf("%d peers are remembered", len(r.messages))
	}
}
