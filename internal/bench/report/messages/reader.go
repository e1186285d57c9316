package messages

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// lineLimit is longer than any line a Writer writes of names and reasons of a few kilobytes.
const lineLimit = 1 << 20

// line is a line of the file.
type line struct {
	ID      int64           `json:"id"`
	Src     string          `json:"src"`
	Dest    string          `json:"dest"`
	Type    string          `json:"type"`
	Sent    int64           `json:"sent"`
	Settled int64           `json:"settled"`
	Size    int             `json:"size"`
	Fate    string          `json:"fate"`
	Why     string          `json:"why"`
	Body    json.RawMessage `json:"body"`
	Head    string          `json:"head"`
}

// Read iterates over the messages that a [Writer] wrote to r, in the order written. It
// holds one line at a time, of at most a megabyte. An error is the last pair of the
// iteration; a file that ends early, as that of a test that was killed does, gives its
// whole lines first. Messages and their bodies are only good until the next one.
func Read(r io.Reader) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		zip, err := gzip.NewReader(r)
		if err != nil {
			yield(nil, fmt.Errorf("cannot read messages: %w", err))
			return
		}
		lines := bufio.NewScanner(zip)
		lines.Buffer(make([]byte, 0, 1<<16), lineLimit)
		n := 0
		for lines.Scan() {
			if n++; len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			m, err := parse(lines.Bytes())
			if err != nil {
				yield(nil, fmt.Errorf("cannot read messages: line %d: %w", n, err))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("cannot read messages after line %d: %w", n, err))
		}
	}
}

func parse(text []byte) (*Message, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	fate, err := ParseFate(l.Fate)
	switch {
	case err != nil:
		return nil, err
	case l.ID < 0 || l.Size < 0 || l.Settled < l.Sent:
		return nil, errors.New("a number is below what it can be")
	}
	m := &Message{ID: l.ID, Src: l.Src, Dest: l.Dest, Type: l.Type, Size: l.Size, Fate: fate, Why: l.Why,
		Sent: time.Duration(l.Sent), Settled: time.Duration(l.Settled), Body: l.Body}
	if l.Body == nil && l.Head != "" {
		m.Body = []byte(l.Head)
	}
	return m, nil
}
