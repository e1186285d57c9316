package replica

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gset/crdt"
)

// How vectors write messages: a field a line, times in microseconds, ids, points and digests in hex,
// names as Go has strings.

// parseMessage reads what show writes, and of a sketch what it is made from: "sketch 4 of
// {1..9}".
func parseMessage(t *testing.T, text string) (m message) {
	t.Helper()
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if parse := fields[name]; parse != nil {
			parse(t, &m, value)
		} else {
			t.Fatalf("no field %q", name)
		}
	}
	return m
}

var fields = map[string]func(t *testing.T, m *message, value string){
	"kind": func(t *testing.T, m *message, value string) {
		m.Kind = Kind(slices.Index(kindNames[:], value))
		if m.Kind.hasRange() {
			m.Range = Everything
		}
	},
	"cluster": func(t *testing.T, m *message, value string) { m.Cluster = ClusterID(hexNumber(t, value)) },
	"view":    func(t *testing.T, m *message, value string) { m.View = number(t, value) },
	"digest":  func(t *testing.T, m *message, value string) { copy(m.Digest[:], bytesOf(t, value)) },
	"stamp":   func(t *testing.T, m *message, value string) { m.Stamp = micros(t, value) },
	"echo": func(t *testing.T, m *message, value string) {
		words := strings.Fields(value)
		m.Echoes = append(m.Echoes, Echo{unquoted(t, words[0]), micros(t, words[1]), micros(t, words[2])})
	},
	"root": func(t *testing.T, m *message, value string) { m.Root = unquoted(t, value) },
	"end": func(t *testing.T, m *message, value string) {
		end := hexNumber(t, value)
		m.End = &end
	},
	"next":  func(t *testing.T, m *message, value string) { m.Next = micros(t, value) },
	"range": func(t *testing.T, m *message, value string) { m.Range = rangeOf(t, value) },
	"rest":  func(t *testing.T, m *message, value string) { m.Rest = rangeOf(t, value) },
	"want": func(t *testing.T, m *message, value string) {
		for id := range strings.FieldsSeq(value) {
			m.Want = append(m.Want, crdt.CellID(hexNumber(t, id)))
		}
	},
	"sketch": func(t *testing.T, m *message, value string) {
		n, of, _ := strings.Cut(value, " of ")
		m.Sketch = crdt.SketchOf(elements(t, of), int(number(t, n)))
	},
	"delta": func(t *testing.T, m *message, value string) { m.Delta = elements(t, value) },
}

// show writes a message's fields.
func show(m message) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("kind %v", m.Kind)
	line("cluster %08x", uint32(m.Cluster))
	line("view %d", m.View)
	line("digest %x", m.Digest[:])
	line("stamp %d", m.Stamp.Microseconds())
	for _, e := range m.Echoes {
		line("echo %q %d %d", e.Member, e.Stamp.Microseconds(), e.Wait.Microseconds())
	}
	if m.Root != "" {
		line("root %q", m.Root)
	}
	if m.End != nil {
		line("end %016x", *m.End)
	}
	if m.Kind.hasNext() {
		line("next %d", m.Next.Microseconds())
	}
	if m.Kind.hasRange() && m.Range != Everything {
		line("range %x %x", uint64(m.Range.First), uint64(m.Range.Last))
	}
	if m.Rest != (Range{}) {
		line("rest %x %x", uint64(m.Rest.First), uint64(m.Rest.Last))
	}
	if len(m.Want) > 0 {
		line("want%s", fmt.Sprintf(strings.Repeat(" %x", len(m.Want)), anys(m.Want)...))
	}
	if m.Sketch != nil {
		line("sketch %d", m.Sketch.Len())
	}
	if m.Delta != nil {
		line("delta %v", m.Delta)
	}
	return out.String()
}

func anys(ids []crdt.CellID) (all []any) {
	for _, id := range ids {
		all = append(all, uint64(id))
	}
	return all
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func micros(t *testing.T, text string) time.Duration {
	t.Helper()
	return time.Duration(number(t, text)) * time.Microsecond
}

func hexNumber(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func rangeOf(t *testing.T, text string) Range {
	t.Helper()
	first, last, _ := strings.Cut(text, " ")
	return Range{crdt.CellID(hexNumber(t, first)), crdt.CellID(hexNumber(t, last))}
}

// keyOf reads a hash key: its two words in hex.
func keyOf(t *testing.T, text string) crdt.Key {
	t.Helper()
	a, b, _ := strings.Cut(text, " ")
	return crdt.Key{hexNumber(t, a), hexNumber(t, b)}
}

func unquoted(t *testing.T, text string) ID {
	t.Helper()
	id, err := strconv.Unquote(text)
	if err != nil {
		t.Fatalf("no name %s: %v", text, err)
	}
	return ID(id)
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// lines is data in hex, 32 bytes a line.
func lines(data []byte) string {
	var out strings.Builder
	for line := range slices.Chunk(data, 32) {
		fmt.Fprintf(&out, "%x\n", line)
	}
	return out.String()
}

// elements reads a set, {1 4..9 100..900/100}.
func elements(t *testing.T, text string) *crdt.GSet {
	t.Helper()
	s, err := parseSet(key, strings.Fields(strings.Trim(text, "{}\n")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
