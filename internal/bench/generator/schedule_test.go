package generator

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestGapsAreUniformUpToTwiceTheMean(t *testing.T) {
	const rate, seconds = 1000, 100
	s := New(rand.New(rand.NewPCG(7, 1)), 0, seconds*time.Second, float64(time.Second)/rate)
	var times []time.Duration
	for !s.Over() {
		times = append(times, s.Next)
		s.Advance()
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
	s := New(rand.New(rand.NewPCG(7, 1)), 0, time.Hour, float64(time.Second))
	s.Wait()
	if !s.Ready(5*time.Second) || s.Next != 5*time.Second {
		t.Errorf("the operation is due at %v", s.Next)
	}
	if s.Advance(); s.Next < 5*time.Second || s.Next > 7*time.Second {
		t.Errorf("the next is due at %v", s.Next)
	}
}

func TestATimerThatIsLateDelaysNothing(t *testing.T) {
	s := New(rand.New(rand.NewPCG(7, 1)), time.Second, time.Hour, float64(time.Second))
	if !s.Ready(time.Second+time.Millisecond) || s.Next != time.Second {
		t.Errorf("the operation is due at %v", s.Next)
	}
	if !s.Ready(time.Second+2*maxCatchUp) || s.Next != time.Second+2*maxCatchUp {
		t.Errorf("after a stall the operation is due at %v", s.Next)
	}
}

func TestAnOperationMayWaitBeyondTheEnd(t *testing.T) {
	s := New(rand.New(rand.NewPCG(7, 1)), 0, time.Second, float64(time.Second))
	s.Wait()
	if s.Ready(2*time.Second) || !s.Over() {
		t.Error("an operation begins after the end")
	}
}
