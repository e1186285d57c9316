package loop

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// A buffer that is read into and consumed from in any pieces holds what is between.
func TestInputHoldsWhatWasReadAndNotConsumed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in input
		var want []byte
		next := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				free := in.room(turnLarge)
				if len(free) < 8<<10 || len(free) > turnLarge {
					t.Fatalf("room for %d bytes", len(free))
				}
				n := rapid.IntRange(0, len(free)).Draw(t, "n")
				for i := range free[:n] {
					next++
					free[i] = next
				}
				want = append(want, free[:n]...)
				in.added(n)
			},
			"consume": func(t *rapid.T) {
				n := rapid.IntRange(0, len(want)).Draw(t, "n")
				want = want[n:]
				in.consume(n)
			},
			"keep": func(t *rapid.T) {
				n := rapid.IntRange(0, len(want)).Draw(t, "n")
				want = want[n:]
				in.keep(in.bytes()[n:])
			},
			"": func(t *rapid.T) {
				if !bytes.Equal(in.bytes(), want) {
					t.Fatalf("%d bytes, want %d", len(in.bytes()), len(want))
				}
				if len(want) == 0 && next > 0 && in.start > 0 {
					t.Fatal("an empty buffer is not at its start")
				}
			},
		})
	})
}

// However slowly it comes, a command of 64 MiB is copied a few times, and little is reserved.
func TestALargeCommandIsCopiedAFewTimes(t *testing.T) {
	const size, piece = 64 << 20, 10_000
	grown := 0
	var in input
	for received := 0; received < size; received += piece {
		before := cap(in.buf)
		in.room(turnLarge)
		in.added(min(piece, cap(in.buf)-len(in.buf)))
		if cap(in.buf) != before {
			grown++
		}
		if in.held() > 2*received+turnInput/4 {
			t.Fatalf("%d bytes held for %d", in.held(), received)
		}
	}
	if grown > 15 {
		t.Fatalf("grown %d times", grown)
	}
}
