package crdt

import "sync/atomic"

// lazyHash is the hash of a state, computed when it is first asked for. Many deltas are
// decoded, joined or sent on without anyone asking for their hash, which takes longer than all
// else that is done with them.
//
// The zero value is the hash of the empty state. get and known may run side by side, and so may
// copyFrom with the argument of another; the other methods must be alone.
type lazyHash struct {
	value  Hash // if status is known
	status atomic.Uint32
}

// What the status of a lazyHash is.
const (
	known     = iota
	unknown   // the first get computes it
	computing // a get is computing it; another one meanwhile computes it for itself
)

// get returns the hash, after computing it if nobody has before.
func (h *lazyHash) get(compute func() Hash) Hash {
	if h.known() {
		return h.value
	}
	first := h.status.CompareAndSwap(unknown, computing)
	value := compute()
	if first {
		h.set(value)
	}
	return value
}

func (h *lazyHash) known() bool { return h.status.Load() == known }

// add takes in what the state grows by, if the hash is known.
func (h *lazyHash) add(growth Hash) {
	if h.known() {
		h.value = h.value.Add(growth)
	}
}

func (h *lazyHash) set(value Hash) {
	h.value = value
	h.status.Store(known)
}

func (h *lazyHash) forget() { h.status.Store(unknown) }

// copyFrom makes h the hash of an equal state.
func (h *lazyHash) copyFrom(other *lazyHash) {
	if other.known() {
		h.set(other.value)
	} else {
		h.forget()
	}
}
