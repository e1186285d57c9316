package watch

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/dashboard"
	"gset/internal/gsetd"
	"gset/internal/histogram"
	"gset/replica"
	"gset/replica/cluster"

	"pgregory.net/rapid"
)

var epoch = time.UnixMilli(1_800_000_000_000)

// at returns a watch whose clock is *now.
func at(now *time.Time) *Watch {
	w := New("")
	w.self = "self"
	w.clock = func() time.Time { return *now }
	return w
}

// However much happens, what is kept of it is bounded, and nothing is kept of messages that nobody asks for.
func TestWhatIsKeptIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := epoch
		w := at(&now)
		watched := rapid.Bool().Draw(t, "watched")
		if watched {
			w.Flow()
		}
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cluster.Event {
			return cluster.Event{
				Kind: cluster.EventKind(rapid.IntRange(0, int(cluster.Engine)+1).Draw(t, "kind")), Peer: fmt.Sprint(rapid.IntRange(0, 300).Draw(t, "peer")),
				Message: replica.Kind(rapid.IntRange(0, 7).Draw(t, "message")), Parts: rapid.IntRange(0, 3).Draw(t, "parts"), Bytes: 10,
				Engine: replica.Event{Kind: replica.EventKind(rapid.IntRange(0, 6).Draw(t, "event")), View: 3},
			}
		}), 0, 1000).Draw(t, "events")
		messages := 0
		for _, e := range events {
			w.Observe(e)
			if e.Kind == cluster.Sent || e.Kind == cluster.Heard || e.Kind == cluster.Written {
				messages++
			}
		}
		if len(w.flow.list) > maxFlow || len(w.log.list) > maxLog || len(w.views) > maxViews || len(w.repair.list) > maxRepairs {
			t.Fatalf("%d messages, %d events, %d views and %d repairs are kept", len(w.flow.list), len(w.log.list), len(w.views), len(w.repair.list))
		}
		f := w.Flow()
		count := f.Missed
		for _, m := range f.Messages {
			count += m.Count
		}
		if want := map[bool]int{true: messages}[watched]; count != want {
			t.Fatalf("%d messages are told of, %d were seen", count, want)
		}
	})
}

// A repair begins with a mismatch or with cells, counts its messages, and is over when the peer is equal, or when
// nothing is heard of it for long.
func TestARepairIsFollowedToItsEnd(t *testing.T) {
	now := epoch
	w := at(&now)
	w.Observe(cluster.Event{Kind: cluster.Engine, Peer: "b", Engine: replica.Event{Kind: replica.Mismatch, Peer: "b"}})
	w.Observe(cluster.Event{Kind: cluster.Engine, Peer: "b", Engine: replica.Event{Kind: replica.Mismatch, Peer: "b"}})
	now = now.Add(time.Second)
	w.Observe(cluster.Event{Kind: cluster.Sent, Peer: "b", Message: replica.Diff, Bytes: 100})
	w.Observe(cluster.Event{Kind: cluster.Heard, Peer: "b", Message: replica.Cells, Bytes: 1000})
	w.Observe(cluster.Event{Kind: cluster.Heard, Peer: "c", Message: replica.Scatter, Bytes: 10})
	now = now.Add(time.Second)
	w.Observe(cluster.Event{Kind: cluster.Repaired, Peer: "b"})
	w.Observe(cluster.Event{Kind: cluster.Heard, Peer: "c", Message: replica.Cells, Bytes: 10})
	w.repair.settle(now, []cluster.MemberStatus{{Name: "c", Behind: time.Second}})
	w.repair.settle(now.Add(quietAfter+1), nil)
	w.Observe(cluster.Event{Kind: cluster.Heard, Peer: "d", Message: replica.Cells, Bytes: 10})
	w.repair.settle(now.Add(3*time.Second), []cluster.MemberStatus{{Name: "d", Behind: time.Second}})
	want := []dashboard.Repair{
		{Peer: "d", Began: epoch.UnixMilli() + 2000, Messages: 1, Heard: 10, End: "equal"},
		{Peer: "c", Began: epoch.UnixMilli() + 2000, Messages: 1, Heard: 10, End: "quiet"},
		{Peer: "b", Began: epoch.UnixMilli(), Took: 2, Messages: 2, Sent: 100, Heard: 1000, End: "equal"},
	}
	if got := w.repair.show(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if n := len(w.log.list); n != 2 {
		t.Errorf("%d events, want that it began and that it is done", n)
	}
}

// Refusals are told once, those of the same reason in one line.
func TestRefusalsAreTold(t *testing.T) {
	var l log
	l.refusals([]cluster.Refusal{{At: epoch, Reason: "bad\x00", Name: "x", Address: "10.0.0.1:1"}})
	l.refusals([]cluster.Refusal{{At: epoch, Reason: "bad\x00", Name: "x", Address: "10.0.0.1:1"}})
	l.refusals([]cluster.Refusal{{At: epoch.Add(1), Reason: "bad\x00", Name: "x", Address: "10.0.0.1:1"}, {At: epoch.Add(2), ByPeer: true, Reason: "other"}})
	if fmt.Sprint(l.list) != fmt.Sprint([]dashboard.Event{
		{At: epoch.UnixMilli(), Level: "warn", Text: `refused: "bad\x00", at 10.0.0.1:1`, Peer: "x", Count: 2},
		{At: epoch.UnixMilli(), Level: "warn", Text: "refused by a peer: other", Count: 1},
	}) {
		t.Errorf("%+v", l.list)
	}
}

// The largest collections are found among many by steps, each of which looks at a bounded number.
func TestTheLargestAreFoundAmongMany(t *testing.T) {
	state := crdt.NewCollections(crdt.Key{1, 2})
	const names = 20_000
	for i := range names {
		for j := range 1 + map[bool]int{true: i % 50}[i%100 == 0] {
			if _, err := state.Insert(fmt.Sprintf("c%d", i), fmt.Append(nil, j)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 50 {
		if _, err := state.Insert("big", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	view := viewOf{state}
	g := newGrowth()
	g.step(view, epoch)
	if all := g.show(view, epoch); all.Scanned >= 1 || all.Scanned <= 0 || all.Count != names+1 || len(all.Shown) != maxShown {
		t.Errorf("after a step: %d of %d, %v scanned", len(all.Shown), all.Count, all.Scanned)
	}
	for range names/stepNames + 1 {
		g.step(view, epoch)
	}
	now := epoch
	for range 3 * maxSizes {
		now = now.Add(everySize)
		if _, err := state.Insert("big", fmt.Append(nil, now)); err != nil {
			t.Fatal(err)
		}
		g.step(view, now)
	}
	all := g.show(view, now)
	big := all.Shown[0]
	if all.Scanned != 1 || big.Name != "big" || big.Size != 50+3*maxSizes || len(big.Growth) != maxSizes+1 || len(g.tracked) != maxTracked {
		t.Errorf("%v scanned, %d tracked; the first is %+v", all.Scanned, len(g.tracked), big)
	}
	sum := int64(0)
	for _, d := range big.Growth {
		sum += d
	}
	if perMinute := time.Minute.Seconds() / everySize.Seconds(); sum != int64(big.Size) || big.Rate < perMinute-1 || big.Rate > perMinute+1 {
		t.Errorf("the growth comes to %d, the size is %d, the rate %v", sum, big.Size, big.Rate)
	}
}

// viewOf is a state as a gsetd.View.
type viewOf struct{ *crdt.Collections }

var _ gsetd.View = viewOf{}

func (v viewOf) Value(name string) *big.Int    { return v.Collections.Value(name) }
func (v viewOf) Sum(name string) (int64, bool) { return v.Collections.Sum(name) }

// A quantile is the bound of the bucket that it is in.
func TestQuantiles(t *testing.T) {
	var h histogram.Histogram
	for range 99 {
		h.Add(time.Millisecond)
	}
	h.Add(time.Second)
	if p50, p99, all := quantile(&h, 0.5), quantile(&h, 0.99), quantile(&h, 1); p50 != 1.024 || p99 != 1.024 || all != 1048.576 {
		t.Errorf("%v, %v, %v", p50, p99, all)
	}
}
