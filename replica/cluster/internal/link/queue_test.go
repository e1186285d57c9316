package link

import (
	"bytes"
	"testing"
	"time"
)

var noon = time.Unix(1<<30, 0)

func taken(t *testing.T, q *queue) string {
	t.Helper()
	b, wait := q.take(nil, noon)
	if wait != 0 {
		t.Fatalf("a wait of %v", wait)
	}
	return string(b)
}

func TestPacketsGoFirstAndRepairsLast(t *testing.T) {
	q := newQueue(Config{QueueBytes: 100})
	q.push(Repairs, []byte("r"), Nothing)
	q.push(Updates, []byte("u"), Nothing)
	q.push(Packets, []byte("p"), Nothing)
	q.push(Updates, []byte("v"), Nothing)
	if got := taken(t, &q); got != "puvr" || !q.empty() {
		t.Errorf("%q", got)
	}
}

func TestTheOldestFrameGoesWhenThereIsNoRoom(t *testing.T) {
	for _, n := range []int{9, 10, 11} {
		q := newQueue(Config{QueueBytes: 10})
		for i := range n {
			q.push(Updates, []byte{'a' + byte(i)}, Nothing)
		}
		want := "abcdefghijk"[max(0, n-10):n]
		if got := taken(t, &q); got != want || q.dropped[Updates] != uint64(max(0, n-10)) || q.bytes[Updates] != 0 {
			t.Errorf("%d frames: %q, %d dropped", n, got, q.dropped[Updates])
		}
	}
}

func TestANewerProbeReplacesOneThatWaits(t *testing.T) {
	q := newQueue(Config{QueueBytes: 100})
	q.push(Updates, []byte("1"), AnyProbe)
	q.push(Updates, []byte("u"), Nothing)
	q.push(Updates, []byte("a"), AnyAsk)
	q.push(Updates, []byte("2"), AnyProbe)
	if got := taken(t, &q); got != "ua2" || q.dropped[Updates] != 0 || q.bytes[Updates] != 0 {
		t.Errorf("%q, %d dropped", got, q.dropped[Updates])
	}
}

func TestRepairsAreNoFasterThanTheirRate(t *testing.T) {
	const rate, size, seconds = 100_000, 1000, 10
	q := newQueue(Config{QueueBytes: 1 << 30, RepairRate: rate})
	frame := bytes.Repeat([]byte("r"), size)
	sent := 0
	for at := noon; at.Before(noon.Add(seconds * time.Second)); {
		if len(q.class[Repairs]) == 0 {
			q.push(Repairs, frame, Nothing)
		}
		b, wait := q.take(nil, at)
		sent += len(b)
		if len(b) == 0 {
			if wait <= 0 {
				t.Fatal("nothing is sent, and nothing waited for")
			}
			q.push(Updates, []byte("u"), Nothing)
			if b, _ := q.take(nil, at); string(b) != "u" {
				t.Fatalf("an update waits for repairs: %q", b)
			}
			at = at.Add(wait)
		}
	}
	if want := rate * seconds; sent < want*95/100 || sent > want+2*size {
		t.Errorf("%d bytes in %d s at %d bytes/s", sent, seconds, rate)
	}
}

func TestAWriteIsOfBoundedLength(t *testing.T) {
	q := newQueue(Config{QueueBytes: 1 << 20})
	for range 1000 {
		q.push(Updates, make([]byte, 1000), Nothing)
		q.push(Repairs, make([]byte, 1000), Nothing)
	}
	for !q.empty() {
		if b := taken(t, &q); len(b) == 0 || len(b) >= batchBytes+1000 {
			t.Fatalf("a write of %d bytes", len(b))
		}
	}
}

// TestUpdatesThatMayNotHaveArrivedAreSentAgain, before what waits, when the connection ends: all that was written less than
// a moment before the peer was heard, or since. Probes and repairs are not: the engine asks anew.
func TestUpdatesThatMayNotHaveArrivedAreSentAgain(t *testing.T) {
	for _, test := range []struct {
		heard time.Duration // after the first frame was written; the second was written a moment after that
		want  string
	}{
		{0, "12w"},
		{underway, "12w"},
		{underway + 1, "2w"},
		{2*underway + 1, "2w"},
		{2*underway + 2, "w"},
	} {
		q := newQueue(Config{QueueBytes: 100})
		q.push(Updates, []byte("1"), Nothing)
		q.push(Updates, []byte("p"), AnyProbe)
		q.push(Repairs, []byte("r"), Nothing)
		taken(t, &q)
		q.push(Updates, []byte("2"), Nothing)
		if b, _ := q.take(nil, noon.Add(underway+1)); string(b) != "2" {
			t.Fatalf("%q", b)
		}
		q.push(Updates, []byte("w"), Nothing)
		q.heard(noon.Add(test.heard))
		q.again()
		if got := taken(t, &q); got != test.want {
			t.Errorf("heard after %v: %q is sent, and not %q", test.heard, got, test.want)
		}
	}
}

// TestWhatItsSenderSendsAgainIsNotSentTwice: a frame that is retried neither outlives its connection, nor waits for the next one
// while the peer cannot be reached.
func TestWhatItsSenderSendsAgainIsNotSentTwice(t *testing.T) {
	q := newQueue(Config{QueueBytes: 100})
	for _, b := range []string{"1", "2"} {
		q.push(Updates, []byte("g"+b), Retried)
		q.push(Updates, []byte("s"+b), Nothing)
	}
	if b, _ := q.take(nil, noon); string(b) != "g1s1g2s2" {
		t.Fatalf("%q", b)
	}
	q.push(Updates, []byte("g3"), Retried)
	q.push(Updates, []byte("s3"), Nothing)
	q.push(Updates, []byte("g4"), Retried)
	if q.again(); q.bytes[Updates] != 6 {
		t.Errorf("%d bytes wait", q.bytes[Updates])
	}
	if got := taken(t, &q); got != "s1s2s3" {
		t.Errorf("%q is sent again", got)
	}
}

// TestAFullQueueTellsThatAFrameOfItsSendersIsLost, if that is one that its sender would send again.
func TestAFullQueueTellsThatAFrameOfItsSendersIsLost(t *testing.T) {
	q := newQueue(Config{QueueBytes: 3})
	for i, frame := range []struct {
		mark Mark
		lost bool
	}{{Nothing, false}, {Retried, false}, {AnyProbe, false}, {Nothing, false}, {Nothing, true}, {Nothing, false}} {
		if lost := q.push(Updates, []byte{'a' + byte(i)}, frame.mark); lost != frame.lost {
			t.Errorf("frame %d: told that one is lost: %v", i, lost)
		}
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	q := newQueue(Config{QueueBytes: 10})
	for i := range 25 {
		q.push(Updates, []byte{'a' + byte(i)}, Nothing)
		taken(t, &q)
	}
	q.push(Updates, []byte("w"), Nothing)
	if q.again(); q.bytes[Updates] != 10 || q.writtenBytes != 0 {
		t.Errorf("%d bytes wait, and %d are kept", q.bytes[Updates], q.writtenBytes)
	}
	if got := taken(t, &q); got != "qrstuvwxyw" {
		t.Errorf("%q", got)
	}
}
