package checker

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// counted is an operation of a counter's history, begun and ended.
type counted struct {
	f     string
	typ   history.OpType
	value int64
}

// countedHistory makes a history of operations one after another. A "final"
// is a final read.
func countedHistory(ops ...counted) *history.History {
	h := &history.History{}
	for i, c := range ops {
		op := history.Op{Time: time.Duration(2*i) * time.Millisecond, Process: i, F: c.f, Value: c.value, Began: -1}
		if op.Final = c.f == "final"; op.Final {
			op.F = "read"
		}
		if op.F == "read" {
			op.Value = nil
		}
		op.Began = h.Add(op)
		op.Time, op.Type = op.Time+time.Millisecond, c.typ
		if op.F == "read" && c.typ == history.OK {
			op.Value = c.value
		}
		h.Add(op)
	}
	return h
}

func TestCounterChecker(t *testing.T) {
	for _, test := range []struct {
		name       string
		ops        []counted
		acceptable []Range
		finals     []int64
		errors     []int // indices of operations
	}{
		{"nothing at all", nil, []Range{{0, 0}}, []int64{}, nil},
		{"acknowledged adds count", []counted{{"add", history.OK, 4}, {"add", history.OK, -5}, {"add", history.OK, 0}, {"final", history.OK, -1}},
			[]Range{{-1, -1}}, []int64{-1}, nil},
		{"failed adds do not", []counted{{"add", history.OK, 4}, {"add", history.Fail, 3}, {"final", history.OK, 4}, {"final", history.OK, 7}},
			[]Range{{4, 4}}, []int64{4, 7}, []int{3}},
		{"an unknown add may count or not", []counted{{"add", history.OK, 4}, {"add", history.Info, 3}, {"final", history.OK, 7}, {"final", history.OK, 4}, {"final", history.OK, 5}},
			[]Range{{4, 4}, {7, 7}}, []int64{7, 4, 5}, []int{4}},
		{"unknown adds count together", []counted{{"add", history.Info, 4}, {"add", history.Info, 4}, {"final", history.OK, 8}, {"final", history.OK, 12}},
			[]Range{{0, 0}, {4, 4}, {8, 8}}, []int64{8, 12}, []int{3}},
		{"they may cancel out", []counted{{"add", history.Info, 4}, {"add", history.Info, -5}, {"final", history.OK, -1}, {"final", history.OK, 1}},
			[]Range{{-5, -5}, {-1, 0}, {4, 4}}, []int64{-1, 1}, []int{3}},
		{"neighbours are one range", []counted{{"add", history.Info, 1}, {"add", history.Info, 2}, {"add", history.Info, 1}, {"final", history.OK, 3}},
			[]Range{{0, 4}}, []int64{3}, nil},
		{"an unknown add of nothing changes nothing", []counted{{"add", history.OK, 2}, {"add", history.Info, 0}, {"final", history.OK, 2}},
			[]Range{{2, 2}}, []int64{2}, nil},
		{"reads along the way may return anything", []counted{{"add", history.OK, 2}, {"read", history.OK, 77}, {"final", history.OK, 2}},
			[]Range{{2, 2}}, []int64{2}, nil},
		{"final reads that did not succeed tell nothing", []counted{{"add", history.OK, 2}, {"final", history.Info, 0}, {"final", history.Fail, 0}, {"final", history.OK, 2}},
			[]Range{{2, 2}}, []int64{2}, nil},
		{"numbers at the limits", []counted{{"add", history.Info, 2}, {"final", history.OK, math.MaxInt64}, {"final", history.OK, math.MinInt64}},
			[]Range{{0, 0}, {2, 2}}, []int64{math.MaxInt64, math.MinInt64}, []int{1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := countedHistory(test.ops...)
			want := &Counter{Valid: Valid, FinalReads: test.finals, Acceptable: test.acceptable}
			for _, i := range test.errors {
				want.Valid = Invalid
				want.Errors = append(want.Errors, h.At(2*i+1))
			}
			if got := CheckCounter(h); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %s\nwant %s", edn.Append(nil, got.EDN()), edn.Append(nil, want.EDN()))
			}
		})
	}
}

// The twin tries every subset of the unknown adds.
func TestCounterCheckerAgreesWithAllSubsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reach := rapid.SampledFrom([]int64{1, 5, 40}).Draw(t, "reach") // far apart leaves gaps
		delta := rapid.Int64Range(-reach, reach)
		var ops []counted
		var sum int64
		var unknown []int64
		for range rapid.IntRange(0, 25).Draw(t, "adds") {
			c := counted{"add", rapid.SampledFrom([]history.OpType{history.OK, history.OK, history.Fail, history.Info}).Draw(t, "type"), delta.Draw(t, "delta")}
			if c.typ == history.Info && len(unknown) == 10 {
				c.typ = history.Fail
			}
			switch c.typ {
			case history.OK:
				sum += c.value
			case history.Info:
				unknown = append(unknown, c.value)
			}
			ops = append(ops, c)
		}
		acceptable := map[int64]bool{}
		for subset := range 1 << len(unknown) {
			n := sum
			for i, delta := range unknown {
				if subset>>i&1 == 1 {
					n += delta
				}
			}
			acceptable[n] = true
		}
		good := true
		for range rapid.IntRange(0, 5).Draw(t, "final reads") {
			n := sum + rapid.Int64Range(-3*reach, 3*reach).Draw(t, "value")
			good = good && acceptable[n]
			ops = append(ops, counted{"final", history.OK, n})
		}
		got := CheckCounter(countedHistory(ops...))
		if got.Valid != validIf(good) {
			t.Errorf("verdict %v, want %v", got.Valid, validIf(good))
		}
		for i, r := range got.Acceptable {
			if r.Low > r.High || i > 0 && r.Low < got.Acceptable[i-1].High+2 {
				t.Fatalf("ranges are not apart and in order: %v", got.Acceptable)
			}
			for n := r.Low; n <= r.High; n++ {
				if !acceptable[n] {
					t.Fatalf("%d is in %v, but no subset of %v makes it of %d", n, got.Acceptable, unknown, sum)
				}
				delete(acceptable, n)
			}
		}
		if len(acceptable) > 0 {
			t.Fatalf("%v are missing from %v", acceptable, got.Acceptable)
		}
	})
}

func TestCounterResultsAreWrittenAsMaelstromDoes(t *testing.T) {
	r := CheckCounter(countedHistory(counted{"add", history.Info, 4}, counted{"final", history.OK, 4}))
	if got, want := string(edn.Append(nil, r.EDN())), `{:valid? true, :errors nil, :final-reads (4), :acceptable ([0 0] [4 4])}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r = CheckCounter(countedHistory(counted{"final", history.OK, 4}))
	if got, want := string(edn.Append(nil, r.EDN())), `{:valid? false, :errors ({:index 1, :time 1000000, :type :ok, :process 0, :f :read, :value 4, :final? true}), `+
		`:final-reads (4), :acceptable ([0 0])}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := string(edn.Append(nil, CheckCounter(&history.History{}).EDN())), `{:valid? true, :errors nil, :final-reads (), :acceptable ([0 0])}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestVerdictsAreWrittenInEDN(t *testing.T) {
	if got := string(edn.Append(nil, edn.Vector{Valid, Unknown, Invalid})); got != "[true :unknown false]" {
		t.Errorf("got %s", got)
	}
}
