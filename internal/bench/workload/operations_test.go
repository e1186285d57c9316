package workload

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestOperationsAreAFairMix(t *testing.T) {
	for w, write := range map[string]string{"broadcast": "broadcast", "g-set": "add"} {
		workload := New(w, "grid")
		rng := rand.New(rand.NewPCG(3, 2))
		next, reads := int64(0), 0
		for range 10_000 {
			switch op := workload.Next(rng); op.F {
			case "read":
				reads++
			case write:
				if op.Value != next {
					t.Fatalf("%s: %s of %v, want %d", w, write, op.Value, next)
				}
				next++
			default:
				t.Fatalf("%s: an operation %s", w, op.F)
			}
		}
		if reads < 4800 || reads > 5200 {
			t.Errorf("%s: %d of 10000 operations are reads", w, reads)
		}
	}
}

// What a g-counter drops leaves no gap: the next operation takes its turn.
func TestCountersAddUniformly(t *testing.T) {
	for _, test := range []struct {
		workload string
		least    int64
		reads    float64 // of all operations
	}{
		{"pn-counter", -5, 1.0 / 2},
		{"g-counter", 0, 2.0 / 3},
	} {
		const draws = 100_000
		w := New(test.workload, "grid")
		rng := rand.New(rand.NewPCG(3, 2))
		times := map[int64]float64{}
		adds := 0.0
		for range draws {
			switch op := w.Next(rng); op.F {
			case "add":
				adds++
				times[op.Value.(int64)]++
			case "read":
			default:
				t.Fatalf("%s: an operation %s", test.workload, op.F)
			}
		}
		if got := 1 - adds/draws; math.Abs(got-test.reads) > 0.01 {
			t.Errorf("%s: %.3f of the operations are reads, want %.3f", test.workload, got, test.reads)
		}
		values := 4 - test.least + 1
		if len(times) != int(values) {
			t.Errorf("%s: adds %v, want %d different values", test.workload, times, values)
		}
		for delta := test.least; delta <= 4; delta++ {
			if got, want := times[delta]/adds, 1/float64(values); math.Abs(got-want) > 0.01 {
				t.Errorf("%s: %.3f of the adds are of %d, want %.3f", test.workload, got, delta, want)
			}
		}
	}
}

func TestRequestsOfSetsAndCounters(t *testing.T) {
	for _, test := range []struct {
		workload string
		op       Operation
		want     string
	}{
		{"g-set", Operation{F: "add", Value: int64(12)}, `{"type":"add","msg_id":3,"element":12}`},
		{"g-set", Operation{F: "read"}, `{"type":"read","msg_id":3}`},
		{"g-counter", Operation{F: "add", Value: int64(4)}, `{"type":"add","msg_id":3,"delta":4}`},
		{"pn-counter", Operation{F: "add", Value: int64(-5)}, `{"type":"add","msg_id":3,"delta":-5}`},
		{"pn-counter", Operation{F: "read"}, `{"type":"read","msg_id":3}`},
	} {
		w := New(test.workload, "grid")
		if got := string(w.Request(nil, test.op, 3)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.workload, got, test.want)
		}
	}
}

func TestEchoesVary(t *testing.T) {
	e := newEcho("grid")
	rng := rand.New(rand.NewPCG(3, 2))
	seen := map[any]bool{}
	for range 10_000 {
		seen[e.Next(rng).Value] = true
	}
	if len(seen) != 128 || !seen["Please echo 0"] || !seen["Please echo 127"] {
		t.Errorf("%d different values", len(seen))
	}
}
