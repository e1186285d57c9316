package replica

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/dchest/siphash"

	"gset/crdt"
	"gset/internal/ring"
)

// The vectors of docs/PROTOCOL.md that are this package's affair. A change in them is a change of
// the protocol. They are written by
//
//	go test ./replica -run Vectors -rewrite

// TestCoinVectors holds points, cluster ids, hubs and arcs against ../testdata/coin.txt.
func TestCoinVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/coin.txt", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		lines := strings.Split(d.Input, "\n")
		switch d.Cmd {
		case "points": // of the members named
			for _, id := range idsOf(d.Input) {
				fmt.Fprintf(&out, "%016x %s\n", ring.Point(id), id)
			}
		case "cluster": // of the keys, one a line
			for _, line := range lines {
				fmt.Fprintf(&out, "%08x\n", uint32(ClusterOf(keyOf(t, line))))
			}
		case "hubs": // key, members, and views
			for view := range strings.FieldsSeq(lines[2]) {
				n, k := number(t, view), keyOf(t, lines[0])
				fmt.Fprintf(&out, "view %d draw %016x hub %s\n", n, draw(k, n), listOf(t, idsOf(lines[1])...).hub(draw(k, n)))
			}
		case "arcs": // members, who cuts, from where, and to where: an arc's first member, its end, and whether anyone follows
			var fanout int
			var root string
			d.ScanArgs(t, "fanout", &fanout)
			d.MaybeScanArgs(t, "root", &root)
			words := strings.Fields(lines[1])
			m := listOf(t, idsOf(lines[0])...)
			for a := range m.ring.Arcs(hexNumber(t, words[1]), hexNumber(t, words[2]), fanout, [2]ID{ID(words[0]), ID(root)}) {
				fmt.Fprintf(&out, "%s before %016x more %v\n", a.First.ID, a.End, a.More)
			}
		default:
			d.Fatalf(t, "unknown command")
		}
		return out.String()
	})
}

// TestPointsDoNotDependOnTheCluster: a member's point is SipHash of its name under the zero key.
func TestPointsDoNotDependOnTheCluster(t *testing.T) {
	for _, id := range []ID{"a", "n0", "\x00", ID(strings.Repeat("x", MaxID))} {
		if got, want := ring.Point(id), siphash.Hash(0, 0, []byte(id)); got != want {
			t.Errorf("the point of %q is %x, want %x", id, got, want)
		}
	}
}

// TestMessageVectors holds the binary form of messages, and what is refused, against
// ../testdata/message.txt.
func TestMessageVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/message.txt", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "message":
			m := parseMessage(t, d.Input)
			data := encode(t, m)
			if read, err := Decode(bottom, data); err != nil || !same(read, m) {
				d.Fatalf(t, "%x is read as %+v, %v", data, read, err)
			}
			return lines(data)
		case "refuse": // whoever it is from
			if _, err := Decode(bottom, bytesOf(t, d.Input)); err != nil {
				return err.Error() + "\n"
			}
		case "receive": // as n1 of n0 to n3, from n0 unless it says otherwise
			from := "n0"
			d.MaybeScanArgs(t, "from", &from)
			return refusal(t, d, ID(from), bytesOf(t, d.Input))
		}
		d.Fatalf(t, "unknown command, or nothing is wrong")
		return ""
	})
}

// refusal returns the error of a message that n1 refuses, which changes nothing.
func refusal(t *testing.T, d *datadriven.TestData, from ID, data []byte) string {
	m, err := Decode(bottom, data)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	r := newVector(t, "n1", 4, set())
	before, deadline := r.Status(), r.Deadline()
	out, err := r.Receive(time.Second, from, m)
	if !out.Empty() || r.Status() != before || r.State().Len() > 0 || r.Deadline() != deadline {
		d.Fatalf(t, "something changed")
	}
	if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrForeign) {
		d.Fatalf(t, "the error is %v", err)
	}
	return err.Error() + "\n"
}

// TestExchangeVectors plays the exchanges in ../testdata/exchange.txt.
func TestExchangeVectors(t *testing.T) {
	members := map[string]*setReplica{}
	var sent []Envelope[*crdt.GSet] // and not received yet
	var froms []string
	datadriven.RunTest(t, "../testdata/exchange.txt", func(t *testing.T, d *datadriven.TestData) string {
		name := d.CmdArgs[0].Key
		r := members[name]
		var at uint64
		d.MaybeScanArgs(t, "at", &at)
		now := time.Duration(at) * time.Microsecond
		var result output
		var err error
		switch d.Cmd {
		case "member":
			var n int
			d.ScanArgs(t, "n", &n)
			sent, froms = nil, nil // it is a new cluster
			members[name] = newVector(t, name, n, elements(t, d.Input))
			r = members[name]
		case "update":
			result, err = r.Update(now, elements(t, d.Input))
		case "tick":
			result = r.Tick(now)
		case "receive": // what was sent to it first
			i := slices.IndexFunc(sent, func(e Envelope[*crdt.GSet]) bool { return string(e.To) == name })
			if i < 0 {
				d.Fatalf(t, "no message goes to %s", name)
			}
			m, errDecode := Decode(bottom, encode(t, sent[i].Message))
			if errDecode != nil {
				d.Fatalf(t, "%v", errDecode)
			}
			result, err = r.Receive(now, ID(froms[i]), m)
			sent, froms = slices.Delete(sent, i, i+1), slices.Delete(froms, i, i+1)
		default:
			d.Fatalf(t, "unknown command")
		}
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		for _, e := range result.Messages {
			sent, froms = append(sent, e), append(froms, name)
		}
		return effect(t, r, result)
	})
}

// effect shows what an event has done to a member, and what the member sends.
func effect(t *testing.T, r *setReplica, result output) string {
	var out strings.Builder
	if result.Durable != nil {
		fmt.Fprintf(&out, "new %v\n", result.Durable)
	}
	digest := r.fingerprint()
	fmt.Fprintf(&out, "elements %d view %d hub %s stable %x\n", r.State().Len(), r.View(), r.Hub(), digest[:])
	for _, e := range result.Messages {
		fmt.Fprintf(&out, "to %s\n%s", e.To, show(e.Message))
		for line := range strings.Lines(lines(encode(t, e.Message))) {
			fmt.Fprintf(&out, "bytes %s", line)
		}
	}
	return out.String()
}

// newVector returns a member of n0, n1 and so on, as all vectors have them.
func newVector(t *testing.T, self string, n int, state *crdt.GSet) *setReplica {
	t.Helper()
	return start(t, Config{Self: ID(self), Members: listOf(t, names(n)...)}, state)
}
