package journal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

// A Drop is a message between servers that did not arrive.
type Drop struct {
	At        time.Duration // when it was dropped, on the network's clock
	Src, Dest string
	Body      []byte // its first maxDropBody bytes
	Chance    bool   // it was lost by chance, and not to a grudge
}

// Type is the type of the message; "" if it has none that can be read.
func (d *Drop) Type() string {
	var body struct{ Type string }
	_ = json.Unmarshal(d.Body, &body) // what cannot be read has no type
	return body.Type
}

// Drops keeps the first messages that were dropped, as far as they fit a bound. It is safe for
// concurrent use. The zero Drops is empty.
type Drops struct {
	mu      sync.Mutex
	list    []Drop
	bytes   int
	clipped bool             // something was not kept
	counts  map[string]int64 // by receiver; of all drops
}

// The bounds of what [Drops] keeps.
const (
	maxDropBytes = 16 << 20
	maxDropBody  = 64 << 10
	dropOverhead = 96 // of a drop besides its body
)

// Add notes a drop. The caller keeps the body.
func (d *Drops) Add(drop Drop) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts == nil {
		d.counts = make(map[string]int64)
	}
	d.counts[drop.Dest]++
	body := drop.Body[:min(len(drop.Body), maxDropBody)]
	d.clipped = d.clipped || len(body) < len(drop.Body)
	if d.bytes += len(body) + dropOverhead; d.bytes > maxDropBytes {
		d.clipped = true
		return
	}
	drop.Body = bytes.Clone(body)
	d.list = append(d.list, drop)
}

// Whole tells whether every drop was kept, with all of its body. d may be nil, which is not whole.
func (d *Drops) Whole() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.clipped
}

// Count is how many messages to a receiver were dropped. d may be nil.
func (d *Drops) Count(dest string) int64 {
	if d == nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts[dest]
}

// Last returns the last drop on the way to a receiver that was kept, nil if there is none.
// d may be nil.
func (d *Drops) Last(dest string) *Drop {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := len(d.list) - 1; i >= 0; i-- {
		if d.list[i].Dest == dest {
			return &d.list[i]
		}
	}
	return nil
}

// Carrying returns the first drop, of those kept, whose body holds an element: the first to the
// given receiver, or if there is none the first to anyone; nil if there is none. d may be nil.
func (d *Drops) Carrying(element int64, dest string) *Drop {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	text := strconv.AppendInt(nil, element, 10)
	var other *Drop
	for i := range d.list {
		drop := &d.list[i]
		if drop.Dest != dest && other != nil || !holds(drop.Body, text) {
			continue
		}
		if drop.Dest == dest {
			return drop
		}
		other = drop
	}
	return other
}

// holds tells whether a body holds a whole number, written out, as a value or a key of its own;
// ids of messages do not count.
func holds(body, number []byte) bool {
	if !bytes.Contains(body, number) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return holdsToken(body, number) // it was cut off
	}
	return holdsValue(value, string(number))
}

func holdsValue(value any, number string) bool {
	switch v := value.(type) {
	case json.Number:
		return v.String() == number
	case string:
		return v == number
	case []any:
		for _, e := range v {
			if holdsValue(e, number) {
				return true
			}
		}
	case map[string]any:
		for key, e := range v {
			if key != "msg_id" && key != "in_reply_to" && (key == number || holdsValue(e, number)) {
				return true
			}
		}
	}
	return false
}

// holdsToken tells whether text holds a number with nothing that belongs to a number beside it.
func holdsToken(text, number []byte) bool {
	part := func(c byte) bool { return c >= '0' && c <= '9' || c == '.' || c == '-' }
	for at := 0; ; {
		i := bytes.Index(text[at:], number)
		if i < 0 {
			return false
		}
		begin, end := at+i, at+i+len(number)
		if (begin == 0 || !part(text[begin-1])) && (end == len(text) || !part(text[end])) {
			return true
		}
		at = begin + 1
	}
}
