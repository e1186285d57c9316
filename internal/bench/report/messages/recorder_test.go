package messages

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestARecorderHandsOnEveryMessageWithItsBodyInTheOrderTaken(t *testing.T) {
	const senders, each = 8, 5000
	next := make(map[string]int64)
	count := 0
	r := NewRecorder(func(m *Message) error {
		if want := fmt.Sprint(m.Src, " ", m.ID); string(m.Body) != want || m.ID != next[m.Src] {
			t.Errorf("message %d of %s with body %q came after message %d", m.ID, m.Src, m.Body, next[m.Src]-1)
		}
		next[m.Src]++
		count++
		return nil
	})
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			src := fmt.Sprint("n", s)
			body := make([]byte, 0, 20) // one for all: the recorder keeps a copy
			for i := range each {
				body = fmt.Append(body[:0], src, " ", i)
				r.Add(&Message{ID: int64(i), Src: src, Body: body})
			}
		})
	}
	all.Wait()
	if err := r.Close(); err != nil || count != senders*each {
		t.Errorf("%d of %d messages, error %v", count, senders*each, err)
	}
	r.Add(&Message{})
	if err := r.Close(); err != nil || count != senders*each {
		t.Errorf("after Close: %d messages, error %v", count, err)
	}
}

func TestAListenerThatFailsIsNotCalledAgainAndItsErrorIsTold(t *testing.T) {
	broken, calls, others := errors.New("the disk is full"), 0, 0
	r := NewRecorder(
		func(*Message) error { calls++; return broken },
		func(*Message) error { others++; return nil },
	)
	for range 3 {
		r.Add(&Message{})
	}
	if err := r.Close(); !errors.Is(err, broken) || calls != 1 || others != 3 {
		t.Errorf("%d calls, %d of the other listener, error %v", calls, others, err)
	}
}

func BenchmarkRecorder(b *testing.B) {
	r := NewRecorder(func(*Message) error { return nil })
	m := &Message{Src: "n1", Dest: "n2", Type: "gossip", Body: []byte(`{"type":"gossip","values":[1,2,3]}`)}
	b.ReportAllocs()
	for b.Loop() {
		r.Add(m)
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}
