package html

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gset/internal/bench/report/messages"
)

func collected(text string) (list []int64) {
	numbers([]byte(text), func(n int64) { list = append(list, n) })
	return list
}

func TestNumbersFindsElementsAndNotBookkeeping(t *testing.T) {
	for text, want := range map[string][]int64{
		`{"type":"broadcast","message":17,"msg_id":3}`:                 {17},
		`{"values":[1,[2,{"v":3}]],"clock":[4,{"n1":5}],"x":6}`:        {1, 2, 3, 6},
		`{"set":{"12":true,"-4":{"seq":9}}}`:                           {12, -4},
		`{"a":1.5,"b":2e3,"c":-7,"d":"8","e":99999999999999999999999}`: {-7},
		`{"esc\"aped":{"9":0}}`:                                        {9, 0},
		`5`:                                                            {5},
		`{"a":[1,2`:                                                    {1, 2},
		`"`:                                                            nil,
	} {
		if got := collected(text); !slices.Equal(got, want) {
			t.Errorf("%s holds %v, found %v", text, want, got)
		}
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add([]byte(`{"type":"x","values":[1,-2,"3",{"4":5}],"msg_id":6}`))
	f.Add([]byte(`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]`))
	f.Add([]byte(`}]"\`))
	f.Fuzz(func(t *testing.T, text []byte) {
		found := 0
		numbers(text, func(int64) { found++ })
		if found > len(text) {
			t.Errorf("%d numbers in %d bytes", found, len(text))
		}
	})
}

func TestASampleIsBoundedAndNearlyFull(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(50, 500).Draw(t, "limit")
		n := rapid.IntRange(0, 5000).Draw(t, "messages")
		s := sample{limit: limit}
		for i := range n {
			s.add(&messages.Message{ID: int64(i)})
		}
		kept := len(s.kept)
		if s.seen != int64(n) || kept > limit || n <= limit && kept != n || n > limit && kept < limit/2 {
			t.Fatalf("kept %d of %d messages, where there is room for %d", kept, n, limit)
		}
	})
}

func TestASampleOfOneIDEnds(t *testing.T) {
	s := sample{limit: 3}
	for range 1000 {
		s.add(&messages.Message{ID: 7})
	}
	if len(s.kept) > 3 || s.seen != 1000 {
		t.Errorf("kept %d of %d", len(s.kept), s.seen)
	}
}

func TestASeriesCountsEveryEventInBoundedBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSeries(2)
		times := rapid.SliceOf(rapid.Int64()).Draw(t, "times")
		for i, at := range times {
			s.add(i%2, time.Duration(at))
		}
		total := int64(0)
		for _, counts := range s.counts {
			if len(counts) > maxBins {
				t.Fatalf("%d bins", len(counts))
			}
			for _, n := range counts {
				total += n
			}
		}
		if total != int64(len(times)) {
			t.Fatalf("counted %d of %d events", total, len(times))
		}
	})
}

// exchange plays messages between c1, n1, n2 and n3 to a collector.
type exchange struct {
	*Collector
	id int64
}

func (e *exchange) send(src, dest, typ, body string, sent, settled int, fate messages.Fate) {
	e.id++
	e.Add(&messages.Message{ID: e.id, Src: src, Dest: dest, Type: typ, Body: []byte(body), Size: len(body), Fate: fate,
		Sent: time.Duration(sent) * time.Millisecond, Settled: time.Duration(settled) * time.Millisecond})
}

func newExchange() *exchange {
	return &exchange{Collector: NewCollector([]string{"n1", "n2", "n3"}, true)}
}

func (e *exchange) cell(element int64, node int) cell { return e.follow.elements[element].cells[node] }

func TestASpreadFollowsAnElementByTheMessagesThatBroughtIt(t *testing.T) {
	e := newExchange()
	e.send("c1", "n1", "broadcast", `{"type":"broadcast","message":7,"msg_id":1}`, 10, 10, messages.Delivered)
	e.send("n3", "n2", "gossip", `{"values":[7]}`, 11, 12, messages.Delivered) // n3 cannot have it: another 7
	e.send("n1", "n3", "gossip", `{"values":[7]}`, 12, 20, messages.Cut)
	e.send("n1", "n2", "gossip", `{"values":[5,7]}`, 12, 22, messages.Delivered)
	e.send("n2", "n3", "gossip", `{"values":[7]}`, 21, 31, messages.Delivered) // sent before n2 had it
	e.send("n2", "n3", "gossip", `{"values":[7]}`, 23, 33, messages.Delivered)
	e.send("n1", "n3", "gossip", `{"values":[7]}`, 24, 34, messages.Delivered) // too late: n3 has it
	for node, want := range []cell{
		{how: byClient, src: -1, msg: 1, sent: 10 * time.Millisecond, at: 10 * time.Millisecond},
		{how: byMessage, src: 0, msg: 4, sent: 12 * time.Millisecond, at: 22 * time.Millisecond},
		{how: byMessage, src: 1, msg: 6, sent: 23 * time.Millisecond, at: 33 * time.Millisecond,
			drops: 1, dropFate: messages.Cut, dropSrc: 0, dropMsg: 3, dropSent: 12 * time.Millisecond},
	} {
		if got := e.cell(7, node); got != want {
			t.Errorf("node %d: %+v, want %+v", node, got, want)
		}
	}
}

func TestASpreadTakesAReadWhereBodiesAreOpaque(t *testing.T) {
	e := newExchange()
	e.send("c1", "n1", "add", `{"type":"add","element":7}`, 10, 10, messages.Delivered)
	e.send("n1", "n2", "gossip", `{"data":"BwAAAA=="}`, 11, 21, messages.Delivered)
	e.send("n2", "c2", "read_ok", `{"type":"read_ok","value":[7]}`, 30, 30, messages.Delivered)
	e.send("n2", "c2", "read_ok", `{"type":"read_ok","value":[7]}`, 40, 40, messages.Delivered)
	if got := e.cell(7, 1); got.how != byRead || got.msg != 3 || got.at != 30*time.Millisecond {
		t.Errorf("n2 got it by %+v", got)
	}
	if got := e.cell(7, 2); got.how != notYet {
		t.Errorf("n3 got it by %+v", got)
	}
}

func TestASpreadOfManyElementsIsBoundedAndSaysSo(t *testing.T) {
	e := newExchange()
	const n = 3 * maxCells / 7
	for i := range n {
		e.send("c1", "n1", "broadcast", fmt.Sprintf(`{"message":%d}`, i), i, i, messages.Delivered)
	}
	if cells := len(e.follow.elements) * e.follow.columns; cells > maxCells || cells < maxCells/4 {
		t.Errorf("%d cells, where there is room for %d", cells, maxCells)
	}
	d := newSpreadData(e.Collector, nil)
	if d.Begun != n || len(d.Elements)*e.follow.columns > cellsShown || len(d.Elements) < 1000 {
		t.Errorf("%d of %d elements shown", len(d.Elements), d.Begun)
	}
}

func TestASpreadStopsSearchingWhenBodiesAreTooMuch(t *testing.T) {
	e := newExchange()
	e.follow.servers = 40
	e.send("c1", "n1", "broadcast", `{"message":7}`, 1, 1, messages.Delivered)
	e.send("n1", "n2", "gossip", `{"values":[7],"pad":"`+strings.Repeat("x", 40)+`"}`, 2, 3, messages.Delivered)
	e.send("n1", "n3", "gossip", `{"values":[7]}`, 4, 5, messages.Delivered)
	if got := newSpreadData(e.Collector, nil); got.Until != 3000 || e.cell(7, 2).how != notYet {
		t.Errorf("searched until %d µs, n3 %+v", got.Until, e.cell(7, 2))
	}
}

func TestLoadCountsEveryTypePastTheBoundAsOther(t *testing.T) {
	e := newExchange()
	for i := range 3 * maxTypes {
		e.send("n1", "n2", fmt.Sprint("type", i), "{}", i, i+1, messages.Delivered)
	}
	rows := newLoadData(e.Collector)
	sum := int64(0)
	for _, n := range rows[0].Sent {
		sum += n
	}
	if sum != 3*maxTypes || len(rows[0].Sent) != maxTypes || e.typeNames[maxTypes-1] != otherType || len(rows) != 3 {
		t.Errorf("%d messages in %d types of %d rows", sum, len(rows[0].Sent), len(rows))
	}
}

func TestQuantilesAreThoseOfJepsen(t *testing.T) {
	if got := fmt.Sprint(quantilesOf([]int64{50, 10, 40, 20, 30})); got != "[{0 10} {0.5 30} {0.95 50} {0.99 50} {1 50}]" {
		t.Error(got)
	}
}

func TestTroubleIsShownBeforeOtherElements(t *testing.T) {
	var all []Element
	for i := range 2 * elementsShown {
		all = append(all, Element{Value: int64(i), Latency: time.Duration(i) * time.Millisecond})
	}
	all[5].Fate, all[6].MissingAt = Gone, []string{"n1"}
	d := newElementsData(all)
	for _, value := range []string{"5", "6", fmt.Sprint(2*elementsShown - 1)} {
		if !slices.Contains(d.Value, value) {
			t.Errorf("element %s is not shown", value)
		}
	}
	if len(d.Value) != elementsShown || d.Total != 2*elementsShown || d.Quantiles[4].MS != 2*elementsShown-1 {
		t.Errorf("%d of %d elements, quantiles %v", len(d.Value), d.Total, d.Quantiles)
	}
}
