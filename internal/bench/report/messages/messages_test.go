package messages

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// written returns what a Writer makes of messages.
func written(t interface{ Fatal(...any) }, ms ...*Message) []byte {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, m := range ms {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(file []byte) (ms []*Message, err error) {
	for m, e := range Read(bytes.NewReader(file)) {
		if e != nil {
			return ms, e
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// anyMessage draws a message whose texts hold whatever a node may print.
func anyMessage(t *rapid.T) *Message {
	sent := rapid.Int64Range(-1<<40, 1<<50).Draw(t, "sent")
	body := rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 300),
		rapid.Just([]byte(`{"type":"gossip","values":[1,2,3]}`)),
		rapid.Just([]byte("{\"type\":\n1}")),
		rapid.Just([]byte(`{"long":"`+strings.Repeat("x", BodyLimit)+`"}`)),
	).Draw(t, "body")
	return &Message{
		ID:      rapid.Int64Range(0, 1<<53).Draw(t, "id"),
		Src:     rapid.String().Draw(t, "src"),
		Dest:    rapid.String().Draw(t, "dest"),
		Type:    rapid.String().Draw(t, "type"),
		Sent:    time.Duration(sent),
		Settled: time.Duration(sent + rapid.Int64Range(0, 1<<40).Draw(t, "took")),
		Size:    len(body),
		Fate:    Fate(rapid.IntRange(0, Fates-1).Draw(t, "fate")),
		Why:     rapid.String().Draw(t, "why"),
		Body:    body,
	}
}

func TestEveryMessageIsOneLineThatReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := make([]*Message, rapid.IntRange(0, 5).Draw(t, "messages"))
		for i := range ms {
			ms[i] = anyMessage(t)
		}
		file := written(t, ms...)
		zip, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(zip)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines != len(ms) || !utf8.Valid(text) {
			t.Fatalf("%d lines for %d messages, UTF-8 %v:\n%s", lines, len(ms), utf8.Valid(text), text)
		}
		back, err := read(file)
		if err != nil || len(back) != len(ms) {
			t.Fatalf("read back %d of %d messages: %v", len(back), len(ms), err)
		}
		for i, m := range back {
			checkSame(t, ms[i], m)
		}
	})
}

// checkSame compares a message with what was read back of it.
func checkSame(t *rapid.T, want, got *Message) {
	w, g := *want, *got
	body := strings.ToValidUTF8(string(w.Body), "\uFFFD")
	if whole := string(g.Body) == body; !whole && !json.Valid(g.Body) {
		head := w.Body[:min(len(w.Body), HeadLimit)]
		if string(g.Body) != strings.ToValidUTF8(string(head), "\uFFFD") {
			t.Fatalf("body %q was read back as %q", w.Body, g.Body)
		}
	}
	w.Body, g.Body = nil, nil
	if w.ID != g.ID || w.Src != g.Src || w.Dest != g.Dest || w.Type != g.Type || w.Sent != g.Sent ||
		w.Settled != g.Settled || w.Size != g.Size || w.Fate != g.Fate || w.Why != g.Why {
		t.Fatalf("%+v was read back as %+v", w, g)
	}
}

func TestAFileThatEndsEarlyGivesItsWholeLines(t *testing.T) {
	var ms []*Message
	for i := range 20_000 {
		ms = append(ms, &Message{ID: int64(i), Src: "n1", Dest: "n2", Type: "gossip", Body: []byte(`{"type":"gossip"}`)})
	}
	file := written(t, ms...)
	back, err := read(file[:len(file)*3/4])
	if err == nil || len(back) < 1000 || len(back) >= len(ms) {
		t.Fatalf("three quarters of a file gave %d messages of %d and error %v", len(back), len(ms), err)
	}
}

func TestPastItsBudgetAWriterLeavesBodiesOut(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	w.budget = 0
	if err := w.Write(&Message{Src: "n1", Dest: "n2", Size: 2, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	back, err := read(b.Bytes())
	if err != nil || len(back) != 1 || back[0].Body != nil || back[0].Size != 2 {
		t.Fatalf("read back %+v, %v", back, err)
	}
}

func TestAfterAnErrorAWriterSaysSo(t *testing.T) {
	w := NewWriter(brokenPipe{})
	var err error
	for i := 0; err == nil && i < 1_000_000; i++ {
		err = w.Write(&Message{ID: int64(i), Src: strings.Repeat(string(rune('a'+i%26)), 200)})
	}
	if err == nil || w.Close() == nil {
		t.Fatalf("a writer to a broken pipe said %v, then nothing", err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzRead holds a reader to its promise: whatever a file holds, it ends without a panic.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":1,"src":"n1","dest":"n2","type":"t","sent":1,"settled":2,"size":2,"fate":"cut","why":"x","body":{}}`))
	f.Add([]byte(`{"fate":"delivered","head":"\ud800"}` + "\n\n{"))
	f.Add([]byte(`{"id":-1,"fate":"lost"}`))
	f.Fuzz(func(t *testing.T, lines []byte) {
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		_, _ = zip.Write(lines)
		_ = zip.Close()
		for m, err := range Read(&b) {
			if (m == nil) == (err == nil) {
				t.Fatalf("a pair of %v and %v", m, err)
			}
		}
		for range Read(bytes.NewReader(lines)) { // not even gzip
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	w := NewWriter(io.Discard)
	body := []byte(`{"type":"gossip","values":[1024,1025,1026,1027],"msg_id":81253}`)
	m := &Message{Src: "n12", Dest: "n17", Type: "gossip", Size: len(body), Body: body}
	b.ReportAllocs()
	for b.Loop() {
		m.ID++
		m.Sent += 61_234
		m.Settled = m.Sent + 100_000_000
		if err := w.Write(m); err != nil {
			b.Fatal(err)
		}
	}
}
