package checker

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// historyOf makes a history of client operations. Each step is one of
//
//	i p f v   process p begins f (add or read) with v
//	o p ...   process p's operation ends well; a read returns the rest
//	f p, n p  it fails, or ends with info
//
// and takes place at the millisecond of its number.
func historyOf(steps ...[]any) *history.History {
	h := &history.History{}
	began := map[int]*history.Op{}
	for at, step := range steps {
		op := history.Op{Time: time.Duration(at) * time.Millisecond, Process: step[1].(int), Began: -1}
		if step[0] == "i" {
			op.F = step[2].(string)
			if op.F == "add" {
				op.Value = int64(step[3].(int))
			}
			began[op.Process] = h.At(h.Add(op))
			continue
		}
		invoked := began[op.Process]
		op.Type = map[any]history.OpType{"o": history.OK, "f": history.Fail, "n": history.Info}[step[0]]
		op.F, op.Value, op.Began = invoked.F, invoked.Value, invoked.Index
		if op.F == "read" && op.Type == history.OK {
			var ints []int64
			for _, v := range step[2:] {
				ints = append(ints, int64(v.(int)))
			}
			op.Value = history.NewElements(ints...)
		}
		h.Add(op)
	}
	return h
}

// s is a step of [historyOf].
type s = []any

// judged are histories, and what the checker makes of them.
var judged = []struct {
	name    string
	history *history.History
	want    Set
}{
	{"nothing at all", historyOf(), Set{Valid: Unknown}},
	{"written and read", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1, 7},
	), Set{Valid: Valid, AttemptCount: 1, StableCount: 1, StableLatencies: &Quantiles{}}},
	{"never read", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0},
	), Set{Valid: Unknown, AttemptCount: 1, NeverRead: []int64{7}}},
	{"absent from a read that began before the write ended", historyOf(
		s{"i", 1, "read"}, s{"i", 0, "add", 7}, s{"o", 0}, s{"o", 1},
	), Set{Valid: Unknown, AttemptCount: 1, NeverRead: []int64{7}}},
	{"absent from a later read", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1},
	), Set{Valid: Invalid, AttemptCount: 1, Lost: []int64{7}, LostLatencies: &Quantiles{}}},
	{"seen, then gone", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1, 7}, s{"i", 1, "read"}, s{"o", 1},
	), Set{Valid: Invalid, AttemptCount: 1, Lost: []int64{7}, LostLatencies: &Quantiles{1, 1, 1, 1, 1}}},
	{"absent for a while", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1}, s{"i", 1, "read"}, s{"o", 1, 7},
	), Set{Valid: Valid, AttemptCount: 1, StableCount: 1, Stale: []int64{7}, StableLatencies: &Quantiles{1, 1, 1, 1, 1}}},
	{"an unknown write is known once it is read", historyOf(
		s{"i", 0, "add", 7}, s{"n", 0}, s{"i", 1, "read"}, s{"o", 1, 7}, s{"i", 1, "read"}, s{"o", 1},
	), Set{Valid: Invalid, AttemptCount: 1, Lost: []int64{7}, LostLatencies: &Quantiles{}}},
	{"an unknown write may not have happened", historyOf(
		s{"i", 0, "add", 7}, s{"n", 0}, s{"i", 1, "read"}, s{"o", 1},
	), Set{Valid: Unknown, AttemptCount: 1, NeverRead: []int64{7}}},
	{"a failed write is an attempt", historyOf(
		s{"i", 0, "add", 7}, s{"f", 0}, s{"i", 1, "read"}, s{"o", 1},
	), Set{Valid: Unknown, AttemptCount: 1, NeverRead: []int64{7}}},
	{"failed reads tell nothing", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"f", 1},
	), Set{Valid: Unknown, AttemptCount: 1, NeverRead: []int64{7}}},
	{"twice in one read", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1, 7, 7},
	), Set{Valid: Valid, AttemptCount: 1, StableCount: 1, StableLatencies: &Quantiles{}, Duplicates: map[string]int{"7": 2}}},
	{"a stranger twice, then thrice", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1, 9, 7, 9}, s{"i", 1, "read"}, s{"o", 1, 9, 9, 9, 7},
	), Set{Valid: Valid, AttemptCount: 1, StableCount: 1, StableLatencies: &Quantiles{}, Duplicates: map[string]int{"9": 3}}},
	{"reads are ordered by when they began", historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "read"}, s{"i", 2, "read"}, s{"o", 2, 7}, s{"o", 1},
	), Set{Valid: Valid, AttemptCount: 1, StableCount: 1, Stale: []int64{7}, StableLatencies: &Quantiles{1, 1, 1, 1, 1}}},
}

func TestSetChecker(t *testing.T) {
	for _, test := range judged {
		t.Run(test.name, func(t *testing.T) {
			got := CheckSet(test.history, "add", "read")
			got.WorstStale, got.Evidence = nil, Evidence{}
			takeElements(t, got)
			if len(got.Duplicates) == 0 {
				got.Duplicates = nil
			}
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("got  %s\nwant %s", edn.Append(nil, got.EDN()), edn.Append(nil, test.want.EDN()))
			}
		})
	}
}

// naiveElement judges one element of a history straight from the definition.
func naiveElement(h *history.History, value int64) (outcome string, latency int64) {
	var added, known *history.Op
	for op := range h.All() {
		sees := func() bool { return slices.Contains(slices.Collect(op.Value.(*history.Elements).Ints()), value) }
		switch {
		case op.F == "add" && op.Value == value && op.Type == history.Invoke:
			added = op
		case added == nil || known != nil || op.Type != history.OK:
		case op.F == "add" && op.Value == value, op.F == "read" && sees():
			known = op
		}
	}
	// The reads that count, in the order they began.
	var reads []*history.Op
	for op := range h.All() {
		if op.F == "read" && op.Type == history.OK && op.Index > added.Index {
			reads = append(reads, op)
		}
	}
	slices.SortFunc(reads, func(a, b *history.Op) int { return cmp.Compare(a.Began, b.Began) })
	present, absent := -1, -1 // when the last of each began
	for _, op := range reads {
		if slices.Contains(slices.Collect(op.Value.(*history.Elements).Ints()), value) {
			present = op.Began
		} else {
			absent = op.Began
		}
	}
	since := func(began int) int64 {
		if began < 0 {
			return 0
		}
		ns := h.At(began).Time + 1 - known.Time
		return max(0, ns.Milliseconds())
	}
	switch {
	case present > absent:
		return "stable", since(absent)
	case known != nil && absent > present && absent > known.Index:
		return "lost", since(present)
	}
	return "never read", 0
}

func TestSetCheckerAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, added := drawHistory(t)
		got, want := CheckSet(h, "add", "read"), naiveSet(h, added)
		got.WorstStale, got.Evidence = nil, Evidence{}
		takeElements(t, got)
		if !reflect.DeepEqual(*got, want) {
			t.Fatalf("got  %s\nwant %s", edn.Append(nil, got.EDN()), edn.Append(nil, want.EDN()))
		}
	})
}

// drawHistory draws a history of adds of 0, 1, 2... and reads of four processes, and how many adds it has.
func drawHistory(t *rapid.T) (h *history.History, added int64) {
	h = &history.History{}
	busy := map[int]*history.Op{}
	now := time.Duration(0)
	for range rapid.IntRange(0, 80).Draw(t, "steps") {
		now += time.Duration(rapid.IntRange(1, 3_000_000).Draw(t, "ns"))
		p := rapid.IntRange(0, 3).Draw(t, "process")
		if invoked := busy[p]; invoked != nil {
			op := history.Op{Time: now, Process: p, F: invoked.F, Value: invoked.Value, Began: invoked.Index,
				Type: rapid.SampledFrom([]history.OpType{history.OK, history.OK, history.OK, history.Fail, history.Info}).Draw(t, "type")}
			if op.F == "read" && op.Type == history.OK {
				op.Value = history.NewElements(rapid.SliceOfN(rapid.Int64Range(0, max(0, added)), 0, 8).Draw(t, "seen")...)
			}
			h.Add(op)
			busy[p] = nil
			continue
		}
		op := history.Op{Time: now, Process: p, F: "read", Began: -1}
		if rapid.Bool().Draw(t, "add") {
			op.F, op.Value = "add", added
			added++
		}
		busy[p] = h.At(h.Add(op))
	}
	return h, added
}

// naiveSet judges a history element by element.
func naiveSet(h *history.History, added int64) Set {
	want := Set{AttemptCount: int(added), Duplicates: naiveDuplicates(h)}
	var stable, lost []int64
	for v := range added {
		switch outcome, ms := naiveElement(h, v); outcome {
		case "stable":
			want.StableCount++
			stable = append(stable, ms)
			if ms > 0 {
				want.Stale = append(want.Stale, v)
			}
		case "lost":
			want.Lost = append(want.Lost, v)
			lost = append(lost, ms)
		default:
			want.NeverRead = append(want.NeverRead, v)
		}
	}
	want.StableLatencies, want.LostLatencies = quantiles(stable), quantiles(lost)
	switch {
	case len(want.Lost) > 0:
		want.Valid = Invalid
	case want.StableCount == 0:
		want.Valid = Unknown
	}
	return want
}

// naiveDuplicates counts what reads returned more than once.
func naiveDuplicates(h *history.History) map[string]int {
	duplicates := map[string]int{}
	for op := range h.All() {
		e, ok := op.Value.(*history.Elements)
		if !ok {
			continue
		}
		times := map[int64]int{}
		for v := range e.Ints() {
			if times[v]++; times[v] > 1 {
				key := fmt.Sprint(v)
				duplicates[key] = max(duplicates[key], times[v])
			}
		}
	}
	return duplicates
}

// takeElements checks that a verdict's elements say what its lists and quantiles say, and
// takes them away.
func takeElements(t interface{ Fatalf(string, ...any) }, r *Set) {
	outcomes := make([][]int64, 3)
	var latencies []int64
	for _, e := range r.Elements {
		outcomes[e.Outcome] = append(outcomes[e.Outcome], e.Value)
		if e.Outcome == Stable {
			latencies = append(latencies, e.Latency.Milliseconds())
		}
	}
	if len(r.Elements) != r.AttemptCount || len(outcomes[Stable]) != r.StableCount ||
		!slices.Equal(outcomes[Lost], r.Lost) || !slices.Equal(outcomes[NeverRead], r.NeverRead) ||
		!reflect.DeepEqual(quantiles(latencies), r.StableLatencies) {
		t.Fatalf("elements %v of %s", r.Elements, edn.Append(nil, r.EDN()))
	}
	r.Elements = nil
}

func TestQuantilesTakeTheElementAtTheFloor(t *testing.T) {
	if quantiles(nil) != nil {
		t.Error("no latencies have quantiles")
	}
	var hundred []int64
	for i := range int64(100) {
		hundred = append(hundred, 99-i)
	}
	if got, want := *quantiles(hundred), (Quantiles{0, 50, 95, 99, 99}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := *quantiles([]int64{5, 1}), (Quantiles{1, 5, 5, 5, 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWorstStaleElementsComeFirst(t *testing.T) {
	h := historyOf(
		s{"i", 0, "add", 0}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1},
		s{"i", 0, "add", 1}, s{"o", 0}, s{"i", 1, "read"}, s{"o", 1},
		s{"i", 1, "read"}, s{"o", 1, 0, 1},
	)
	r := CheckSet(h, "add", "read")
	if len(r.WorstStale) != 2 || r.WorstStale[0].Element != 0 || r.WorstStale[0].StableLatency != 5 || r.WorstStale[1].StableLatency != 1 {
		t.Errorf("worst stale: %+v", r.WorstStale)
	}
	if w := r.WorstStale[1]; w.Known.Index != 5 || w.LastAbsent.Index != 6 {
		t.Errorf("element 1 known at %d, last absent at %d", w.Known.Index, w.LastAbsent.Index)
	}
}

func TestDuplicatesOfAnyKindAreCounted(t *testing.T) {
	e := history.ParseElements([]byte(`[3, 1 ,-0, 9223372036854775807, 9223372036854775808, 1.0, 1e0, "x", {"b":1,"a":[2]}, {"a":[2], "b":1}, null]`))
	counts := map[string]int{}
	countDuplicates(e, counts, func(string) {})
	if want := map[string]int{`1e+00`: 2, `{"a":[2],"b":1}`: 2}; !reflect.DeepEqual(counts, want) {
		t.Errorf("duplicates %v, want %v", counts, want)
	}
}

func TestDuplicatesAreSaidInWords(t *testing.T) {
	r := Set{Duplicates: map[string]int{"9007199254740993": 2, "9007199254740992": 3, `"x"`: 2, "18446744073709551616": 2, "-1": 4, "5": 2}}
	want := "reads returned values more than once: -1 (4 times), 5 (2 times), 9007199254740992 (3 times), 9007199254740993 (2 times), " +
		"18446744073709551616 (2 times) and 1 more; Jepsen's checker does not see this"
	if got := r.Objections(); len(got) != 1 || got[0] != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := string(edn.Append(nil, r.Own())), `{:duplicates {-1 4, 5 2, 9007199254740992 3, 9007199254740993 2, 18446744073709551616N 2, "x" 2}, :missing-at-end {:count 0, :final-reads ()}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (&Set{}).Objections(); got != nil {
		t.Errorf("without duplicates: %q", got)
	}
}

// Set-full passes an element that one node never shows, as long as a later read has it.
func TestAnElementThatOneFinalReadLacksIsAnObjectionToAValidSet(t *testing.T) {
	h := historyOf(
		s{"i", 0, "add", 7}, s{"o", 0}, s{"i", 1, "add", 8}, s{"n", 1},
		s{"i", 0, "read"}, s{"i", 1, "read"}, s{"o", 0}, s{"o", 1, 7, 8},
	)
	h.At(4).Final, h.At(5).Final, h.At(6).Final, h.At(7).Final = true, true, true, true
	r := CheckSet(h, "add", "read")
	if r.Valid != Valid || r.MissingCount != 1 {
		t.Errorf("verdict %v, %d missing", r.Valid, r.MissingCount)
	}
	want := []string{"1 values are missing from final reads: of process 0 (1); Jepsen's checker passes those that a later read shows"}
	if got := r.Objections(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := string(edn.Append(nil, r.Own())), "{:duplicates {}, :missing-at-end {:count 1, :final-reads ({:index 6, :process 0, :count 1, :first (7)})}}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
