package replica

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Kind says what a message is for. Every message is self-contained, may be lost,
// duplicated, reordered or delayed, and is understood without any other.
type Kind uint8

const (
	Gather  Kind = 1 + iota // updates on their way to the hub
	Scatter                 // the updates of a round, from a hub to everyone
	Answer                  // what a gather comes to that no scatter answers
	Probe                   // a Diff without coded symbols: a digest, and an estimate of what differs
	Diff                    // what the sender holds in a key range: a sketch of its cells, or all of them
	Cells                   // cells that the receiver lacks, and the ids of cells that the sender lacks
)

var kindNames = [...]string{Gather: "gather", Scatter: "scatter", Answer: "answer", Probe: "probe", Diff: "diff", Cells: "cells"}

// Kinds returns all kinds of messages, for drivers that dispatch by name.
func Kinds() []Kind { return []Kind{Gather, Scatter, Answer, Probe, Diff, Cells} }

// String returns the kind's name.
func (k Kind) String() string {
	if !k.valid() {
		return "unknown"
	}
	return kindNames[k]
}

func (k Kind) valid() bool { return k >= Gather && k <= Cells }

// Message is what replicas tell each other. The first six fields are on every message, the
// others on the kinds named; elsewhere they are zero.
//
// Nobody changes a message, nor what it points to, once it has been returned by a
// replica or handed to one: messages share memory with each other.
type Message[S crdt.Lattice[S]] struct {
	Kind    Kind
	Cluster ClusterID        // the sender's
	View    uint64           // the sender's view, a Lamport number
	Digest  crdt.Fingerprint // of what is stable at the sender
	Stamp   time.Duration    // the sender's clock, for the receiver to return in an Echo

	// Echoes closes round trips: on a message to one member, with that member if the
	// sender has just heard from it; on a scatter with an arc, with all in the arc.
	Echoes []Echo

	// Scatter: who scatters; empty if that is the sender. The fields above are the root's, but
	// for Echoes.
	Root ID

	// Scatter: where the arc ends that the receiver passes the scatter on to, which begins
	// behind the receiver. Nil if nobody is in it.
	End *uint64

	// Scatter, Answer: the time until the root may scatter again.
	Next time.Duration

	// Probe, Diff: the key range that the message describes.
	Range Range

	// Probe, Diff: a sketch of the sender's stable cells in the range. A probe's has no
	// coded symbols. A Diff without a sketch has all stable cells of the range in Delta.
	Sketch *riblt.Sketch

	// Cells: ids of cells whose version at the receiver the sender lacks, increasing. If there are
	// any, the cells of Delta are wanted, too: no id need be told twice.
	Want []crdt.CellID

	// Probe, Diff, Cells: the key range that the repair has not come to, if Rest is not
	// zero. The receiver of a Diff or of Cells asks for it by a probe.
	Rest Range

	// Gather, Scatter, Answer, Cells, and Diff without a sketch. The zero S elsewhere.
	Delta S

	// Queued is the word of the receiver's driver, and is not sent: this message or one that it echoes may have
	// waited for a connection, so they tell nothing of the round trip.
	Queued bool
}

// Echo returns the stamp of a message that came from a member.
type Echo struct {
	Member ID
	Stamp  time.Duration // as it came
	Wait   time.Duration // from its arrival until this echo was sent
}

// room bounds the binary form of an echo.
func (e Echo) room() int { return 1 + len(e.Member) + 2*maxTime }

// Range is a key range: the cells with ids from First to Last, both included.
type Range struct{ First, Last crdt.CellID }

// Everything is the key range of all cells.
var Everything = Range{First: 0, Last: ^crdt.CellID(0)}

// Contains reports whether an id is in the key range.
func (r Range) Contains(id crdt.CellID) bool { return r.First <= id && id <= r.Last }

// from returns the part of a range from an id on.
func (r Range) from(id crdt.CellID) Range { return Range{id, r.Last} }

// Envelope is a message and where to send it.
type Envelope[S crdt.Lattice[S]] struct {
	To      ID
	Message Message[S]
}

// ErrForeign is the error of a message from another cluster.
var ErrForeign = errors.New("replica: message of another cluster, or under another hash key")

// ErrMalformed is the error of a message that no replica would have sent.
var ErrMalformed = errors.New("replica: malformed message")

// check finds out whether a message from a peer says what a message of its kind must. A
// message that was decoded has all its fields; this checks what the fields say of each other
// and of the receiver.
func (r *Replica[S]) check(from ID, m *Message[S]) error {
	if m.Cluster != r.cluster {
		return fmt.Errorf("%w: %q is in cluster %08x, this is %08x", ErrForeign, from, m.Cluster, r.cluster)
	}
	err := from.check()
	if err == nil {
		err = m.checkFields()
	}
	switch {
	case err != nil:
	case from == r.cfg.Self || m.Root == r.cfg.Self:
		err = fmt.Errorf("a %v that this replica is said to have sent", m.Kind)
	case m.End != nil && *m.End == r.point:
		err = errors.New("a scatter for an arc without an end")
	case m.Range != Everything && m.Kind == Diff && m.Sketch == nil && !within(m.Delta, m.Range):
		err = errors.New("a diff with a cell outside its key range")
	}
	return asMalformed(err)
}

// asMalformed returns an error, if there is one, as an ErrMalformed.
func asMalformed(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

func (m *Message[S]) checkFields() error {
	hasSketch := m.Kind == Probe || m.Kind == Diff && m.Sketch != nil
	switch {
	case !m.Kind.valid():
		return fmt.Errorf("a message of the unknown kind %d", m.Kind)
	case m.Kind == Probe && m.Sketch == nil:
		return errors.New("a probe without a sketch")
	case m.Sketch != nil && (m.Sketch.Len() == 0) != (m.Kind == Probe):
		return fmt.Errorf("a %v with %d coded symbols", m.Kind, m.Sketch.Len())
	case !hasSketch && isNil(m.Delta):
		return fmt.Errorf("a %v without a delta", m.Kind)
	case m.flags()&^admitted[m.Kind] != 0 || m.Sketch != nil && !m.Kind.hasRange():
		return fmt.Errorf("a %v with a field that its kind does not have", m.Kind) // it could not be passed on
	case m.Range.Last < m.Range.First || m.Rest.Last < m.Rest.First:
		return errors.New("a key range that ends before it begins")
	case len(m.Root) > MaxID || m.Stamp < 0 || m.Next < 0:
		return errors.New("a name or a time out of bounds")
	}
	for _, e := range m.Echoes {
		if e.Member.check() != nil || e.Stamp < 0 || e.Wait < 0 {
			return errors.New("an echo of nobody, or of a time below zero")
		}
	}
	return nil
}

// isNil reports whether a state is the nil of a pointer or map type. States need not be
// comparable.
func isNil[S any](state S) bool {
	v := reflect.ValueOf(state)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Interface, reflect.Chan:
		return v.IsNil()
	default:
		return false
	}
}

// within reports whether all cells of a state are in a key range.
func within[S crdt.Lattice[S]](state S, span Range) bool {
	for c := range state.Cells(0) {
		if !span.Contains(c.ID) {
			return false
		}
	}
	return true
}
