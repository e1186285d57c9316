package sim

import (
	"fmt"
	"strings"

	"gset/internal/simnet"
	"gset/replica"
)

// tell adds a line to the timeline, if there is one.
func (r *run[S, K]) tell(format string, args ...any) {
	if r.Tell != nil {
		r.Tell(fmt.Sprintf(format, args...))
	}
}

// tellPacket adds to the timeline what becomes of a message.
func (r *run[S, K]) tellPacket(fate simnet.Fate, p simnet.Packet[S]) {
	line := fmt.Sprintf("%-12v n%d -> n%d %v", r.net.Now(), p.From, p.To, p.Message.Kind)
	switch fate {
	case simnet.Sent:
		line += ": " + describe(p)
	case simnet.Lost:
		line += " is lost"
	case simnet.Received:
		line += " arrives"
	}
	r.Tell(line)
}

// describe says what is in a message.
func describe[S state[S]](p simnet.Packet[S]) string {
	m := &p.Message
	words := []string{fmt.Sprintf("view %d", m.View)}
	if m.Range != (replica.Range{}) && m.Range != replica.Everything {
		words = append(words, fmt.Sprintf("cells %x to %x", m.Range.First, m.Range.Last))
	}
	if m.Rest != (replica.Range{}) {
		words = append(words, fmt.Sprintf("rest %x to %x", m.Rest.First, m.Rest.Last))
	}
	if len(m.Want) > 0 {
		words = append(words, fmt.Sprintf("wants %d cells", len(m.Want)))
	}
	if m.Kind == replica.Diff && m.Sketch != nil {
		words = append(words, fmt.Sprintf("of %d coded symbols", m.Sketch.Len()))
	}
	var none S
	if any(m.Delta) != any(none) {
		words = append(words, brief(m.Delta))
	}
	words = append(words, fmt.Sprintf("digest %v", m.Digest))
	if m.Kind == replica.Scatter {
		words = append(words, fmt.Sprintf("next %v", m.Next))
	}
	if m.Root != "" {
		words = append(words, fmt.Sprintf("of %s", m.Root))
	}
	for _, e := range m.Echoes {
		words = append(words, fmt.Sprintf("echo of %s after %v", e.Member, e.Wait))
	}
	return strings.Join(append(words, fmt.Sprintf("%d bytes", p.Size)), ", ")
}

// brief is a state to the eye: all of it, or its digest if that is too long to be read.
func brief[S state[S]](s S) string {
	if text := s.String(); len(text) <= 100 {
		return text
	}
	return fmt.Sprintf("{%d parts, %v}", s.Len(), s.Digest())
}
