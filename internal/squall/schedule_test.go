package squall

import (
	"math"
	"testing"
	"time"
)

func TestGapsAreUniformUpToTwiceTheMean(t *testing.T) {
	const rate, seconds = 1000, 100
	s := newSchedule(newRand(7, streamSchedule), 0, seconds*time.Second, float64(time.Second)/rate)
	var times []time.Duration
	for !s.over() {
		times = append(times, s.next)
		s.advance()
	}
	if times[0] != 0 {
		t.Errorf("the first operation is due at %v", times[0])
	}
	var longest, squares float64
	for i := 1; i < len(times); i++ {
		gap := (times[i] - times[i-1]).Seconds() * rate // in mean gaps
		longest = max(longest, gap)
		squares += gap * gap
	}
	n := float64(len(times))
	if math.Abs(n/(rate*seconds)-1) > 0.01 {
		t.Errorf("%v operations in %v s at %v a second", n, seconds, rate)
	}
	if longest > 2 || longest < 1.99 {
		t.Errorf("the longest gap is %v times the mean", longest)
	}
	if got := squares / n; math.Abs(got-4.0/3) > 0.02 { // the second moment of uniform 0..2
		t.Errorf("the gaps' second moment is %v", got)
	}
}

func TestAnOperationThatWaitsDelaysTheNext(t *testing.T) {
	s := newSchedule(newRand(7, streamSchedule), 0, time.Hour, float64(time.Second))
	s.wait()
	if !s.ready(5*time.Second) || s.next != 5*time.Second {
		t.Errorf("the operation is due at %v", s.next)
	}
	if s.advance(); s.next < 5*time.Second || s.next > 7*time.Second {
		t.Errorf("the next is due at %v", s.next)
	}
}

func TestATimerThatIsLateDelaysNothing(t *testing.T) {
	s := newSchedule(newRand(7, streamSchedule), time.Second, time.Hour, float64(time.Second))
	if !s.ready(time.Second+time.Millisecond) || s.next != time.Second {
		t.Errorf("the operation is due at %v", s.next)
	}
	if !s.ready(time.Second+2*maxCatchUp) || s.next != time.Second+2*maxCatchUp {
		t.Errorf("after a stall the operation is due at %v", s.next)
	}
}

func TestAnOperationMayWaitBeyondTheEnd(t *testing.T) {
	s := newSchedule(newRand(7, streamSchedule), 0, time.Second, float64(time.Second))
	s.wait()
	if s.ready(2*time.Second) || !s.over() {
		t.Error("an operation begins after the end")
	}
}

func TestOperationsAreAFairMix(t *testing.T) {
	for w, write := range map[string]string{"broadcast": "broadcast", "g-set": "add"} {
		workload := workloads[w](&Options{Topology: "grid"})
		rng := newRand(3, streamOps)
		next, reads := int64(0), 0
		for range 10_000 {
			switch op := workload.next(rng); op.f {
			case "read":
				reads++
			case write:
				if op.value != next {
					t.Fatalf("%s: %s of %v, want %d", w, write, op.value, next)
				}
				next++
			default:
				t.Fatalf("%s: an operation %s", w, op.f)
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
		w := workloads[test.workload](&Options{})
		rng := newRand(3, streamOps)
		times := map[int64]float64{}
		adds := 0.0
		for range draws {
			switch op := w.next(rng); op.f {
			case "add":
				adds++
				times[op.value.(int64)]++
			case "read":
			default:
				t.Fatalf("%s: an operation %s", test.workload, op.f)
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
		op       operation
		want     string
	}{
		{"g-set", operation{f: "add", value: int64(12)}, `{"type":"add","msg_id":3,"element":12}`},
		{"g-set", operation{f: "read"}, `{"type":"read","msg_id":3}`},
		{"g-counter", operation{f: "add", value: int64(4)}, `{"type":"add","msg_id":3,"delta":4}`},
		{"pn-counter", operation{f: "add", value: int64(-5)}, `{"type":"add","msg_id":3,"delta":-5}`},
		{"pn-counter", operation{f: "read"}, `{"type":"read","msg_id":3}`},
	} {
		w := workloads[test.workload](&Options{})
		if got := string(w.request(nil, test.op, 3)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.workload, got, test.want)
		}
	}
}

func TestEchoesVary(t *testing.T) {
	e := newEcho(&Options{})
	rng := newRand(3, streamOps)
	seen := map[any]bool{}
	for range 10_000 {
		seen[e.next(rng).value] = true
	}
	if len(seen) != 128 || !seen["Please echo 0"] || !seen["Please echo 127"] {
		t.Errorf("%d different values", len(seen))
	}
}

func TestLatencyDistributions(t *testing.T) {
	const mean, draws = 100, 100_000
	for _, test := range []struct {
		dist             LatencyDist
		least, most      time.Duration // that must and may occur
		meanMS, tolerant float64
	}{
		{Constant, 100 * time.Millisecond, 100 * time.Millisecond, 100, 0},
		{Uniform, 0, 199 * time.Millisecond, 99.5, 1},
		{Exponential, 0, time.Hour, 99.5, 1.5},
	} {
		l := newLatencySource(test.dist, mean, newRand(5, streamLatency))
		sum, least, most := 0.0, time.Duration(math.MaxInt64), time.Duration(0)
		for range draws {
			d := l.draw()
			if d%time.Millisecond != 0 {
				t.Fatalf("%s: %v is not whole milliseconds", test.dist, d)
			}
			sum += float64(d / time.Millisecond)
			least, most = min(least, d), max(most, d)
		}
		if least != test.least || most > test.most || math.Abs(sum/draws-test.meanMS) > test.tolerant {
			t.Errorf("%s: from %v to %v, mean %v ms", test.dist, least, most, sum/draws)
		}
		if none := newLatencySource(test.dist, 0, nil); none.draw() != 0 {
			t.Errorf("%s: a mean of 0 draws %v", test.dist, none.draw())
		}
	}
}
