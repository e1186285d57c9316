package replica

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/datadriven"

	"gset/crdt"
	"gset/internal/ring"
)

// How transcripts show what happens.

// say prints a line of its own.
func (s *script) say(format string, args ...any) {
	s.flush()
	fmt.Fprintf(&s.out, format+"\n", args...)
}

// flush prints the line that was waiting for more receivers of the same message.
func (s *script) flush() {
	if len(s.said.to) > 0 {
		fmt.Fprintf(&s.out, "%v %s -> %s: %s\n", tenths(s.said.at), s.said.from, strings.Join(s.said.to, ", "), s.said.says)
	}
	s.said = line{}
}

// print shows a letter. The same message to several members is one line.
func (s *script) print(fate string, l letter[*crdt.GSet]) {
	switch {
	case fate == "":
		s.sent[l.Message.Kind]++
	case l.at != s.now && !s.count && fate == "lost" && len(s.said.to) > 0: // just now, on being sent
		s.said.to[len(s.said.to)-1] += " (lost)"
	case !s.count:
		s.say("%v %s -> %s: the %v is %s", tenths(s.now), l.from, l.To, l.Message.Kind, fate)
	}
	if fate != "" || s.count {
		return
	}
	to := string(l.To)
	for _, e := range l.Message.Echoes {
		origin := time.Duration(0)
		if x := s.find(e.Member); x != nil {
			origin = x.ahead
		}
		of := ""
		if e.Member != l.To {
			of = string(e.Member) + " "
		}
		to += fmt.Sprintf(" (echo %s%v+%v)", of, tenths(e.Stamp-origin), tenths(e.Wait))
	}
	if l.Message.End != nil {
		to += " on to before " + s.nameOf(*l.Message.End)
	}
	if s.extend(to, l) {
		return
	}
	if says := s.describe(l.Message); s.said.says != says || s.said.from != l.from || s.said.at != s.now {
		s.flush()
		s.said = line{at: s.now, from: l.from, says: says, message: l.Message, parts: 1}
	}
	s.said.to = append(s.said.to, to)
}

// extend makes the line that is waiting one of several diffs, if the letter has a diff of the
// key range that follows its key range.
func (s *script) extend(to string, l letter[*crdt.GSet]) bool {
	m, before := l.Message, &s.said.message
	follows := s.said.at == s.now && s.said.from == l.from && slices.Equal(s.said.to, []string{to}) &&
		before.Kind == Diff && m.Kind == Diff && (before.Sketch == nil) == (m.Sketch == nil) && m.Range.First == before.Range.Last+1
	if !follows {
		return false
	}
	before.Range.Last, before.Rest = m.Range.Last, m.Rest
	if m.Sketch == nil {
		before.Delta = joined(before.Delta, m.Delta)
	}
	s.said.parts++
	s.said.says = fmt.Sprintf("%d messages: %s", s.said.parts, s.describe(*before))
	return true
}

// nameOf names the member at a point.
func (s *script) nameOf(point uint64) string {
	for _, x := range s.nodes {
		if ring.Point(x.id) == point {
			return string(x.id)
		}
	}
	return fmt.Sprintf("%016x", point)
}

// describe shows a message's fields but for its echoes and the end of its arc.
func (s *script) describe(m message) string {
	var out strings.Builder
	out.WriteString(m.Kind.String())
	if m.View > 0 {
		fmt.Fprintf(&out, " view %d", m.View)
	}
	if m.Root != "" {
		fmt.Fprintf(&out, " of %s", m.Root)
	}
	if m.Kind == Diff && m.Sketch != nil {
		fmt.Fprintf(&out, " of %d coded symbols", m.Sketch.Len())
	}
	if m.Kind.hasRange() && m.Range != Everything {
		fmt.Fprintf(&out, " about %s", keys(m.Range))
	}
	if len(m.Want) > 0 {
		out.WriteString(" wants")
		for _, id := range m.Want {
			fmt.Fprintf(&out, " %s", page(id))
		}
	}
	if m.Delta != nil {
		fmt.Fprintf(&out, " %s", brief(m.Delta))
	}
	if m.Rest != (Range{}) {
		fmt.Fprintf(&out, " rest %s", keys(m.Rest))
	}
	fmt.Fprintf(&out, " digest %s", m.Digest.String()[:4])
	if m.Kind.hasNext() {
		fmt.Fprintf(&out, " next %v", tenths(m.Next))
	}
	return out.String()
}

// observed shows what a member's observer is told.
func (s *script) observed(id ID, e Event) {
	if s.count {
		return
	}
	what := e.Kind.String()
	switch e.Kind {
	case ViewChanged:
		what = fmt.Sprintf("turns to view %d and its hub %s", e.View, e.Hub)
	case Suspected:
		what = fmt.Sprintf("suspects %s", e.Peer)
	case Mismatch:
		what = fmt.Sprintf("differs from %s", e.Peer)
	case Walked:
		what = fmt.Sprintf("walks on with %s", e.Peer)
	case Unsendable:
		what = "leaves out a cell that is too large for a message"
	}
	if text := fmt.Sprintf("%v %s %s", tenths(s.now), id, what); text != s.saw {
		s.say("%s", text)
		s.saw = text
	}
}

func (s *script) summarise() {
	total, parts := 0, []string{}
	for _, kind := range Kinds() {
		if n := s.sent[kind]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %v", n, kind))
		}
	}
	how := ""
	if total > 0 {
		how = " = " + strings.Join(parts, " + ")
	}
	s.say("%v: %d sent%s", tenths(s.now), total, how)
}

func (s *script) state(args []datadriven.CmdArg) {
	for _, x := range s.nodes {
		if len(args) > 0 && ID(args[0].Key) != x.id {
			continue
		}
		if x.Replica == nil {
			s.say("%s is stopped", x.id)
			continue
		}
		status := x.Status()
		text := fmt.Sprintf("%s view %d hub %s %s digest %s", x.id, x.View(), x.Hub(), brief(x.State()), short(x.Stable().Digest()))
		if x.fresh.Len() > 0 {
			text += " fresh " + brief(x.fresh)
		}
		for _, b := range x.sent {
			text += " sent " + brief(b.delta)
		}
		for _, is := range []struct {
			name string
			id   ID
		}{{"stand-in", status.StandIn}, {"suspects", status.Suspect}, {"walks with", status.Walk}} {
			if is.id != "" {
				text += fmt.Sprintf(" %s %s", is.name, is.id)
			}
		}
		if x.leaf.strikes > 0 {
			text += fmt.Sprintf(" strikes %d", x.leaf.strikes)
		}
		s.say("%s", text)
	}
}

// parseSet reads what GSet.String writes: numbers, and runs of them as 1..9. A run may have a
// step: 0..900/100.
func parseSet(hashKey crdt.Key, words []string) (*crdt.GSet, error) {
	s := crdt.NewGSet(hashKey)
	for _, word := range words {
		word, by, stepped := strings.Cut(word, "/")
		first, last, run := strings.Cut(word, "..")
		if !run {
			last = first
		}
		if !stepped {
			by = "1"
		}
		a, errA := strconv.ParseInt(first, 10, 64)
		b, errB := strconv.ParseInt(last, 10, 64)
		step, errS := strconv.ParseInt(by, 10, 64)
		if errA != nil || errB != nil || errS != nil || step < 1 {
			return nil, fmt.Errorf("no elements %q", word)
		}
		for x := a; x <= b; x += step {
			s.Insert(x)
		}
	}
	return s, nil
}

// tenths leaves out what random waits have below a tenth of a millisecond.
func tenths(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// brief lists a set's elements, unless there are too many to be read.
func brief(s *crdt.GSet) string {
	text := s.String()
	if len(text) <= 100 {
		return text
	}
	all := s.Elements()
	return fmt.Sprintf("{%d elements, %d to %d}", len(all), all[0], all[len(all)-1])
}

// keys shows a key range by the first elements that its first and last cell have room for.
func keys(r Range) string {
	if r == Everything {
		return "everything"
	}
	first, last := page(r.First), page(r.Last)
	if r.First == 0 {
		first = "start"
	}
	if r.Last == Everything.Last {
		last = "end"
	}
	return fmt.Sprintf("(%s to %s)", first, last)
}

// page names a cell of a set by the first element it has room for.
func page(id crdt.CellID) string {
	return strconv.FormatInt(int64(uint64(id)<<8^1<<63), 10)
}

// short is a digest to the eye: the count, and enough of the hash to tell digests apart.
func short(d crdt.Digest) string {
	count, hash, _ := strings.Cut(d.String(), "#")
	return count + "#" + hash[:4]
}
