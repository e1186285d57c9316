package gsetd

import (
	"time"

	"gset/crdt"
)

// memory estimates what the server's memory holds: the state as it was measured, what was added
// since, and the buffers of all connections. Garbage is not in it, so the process takes more.
type memory struct {
	state    int64 // as of the last measurement
	grown    int64 // at most, by updates since then
	buffers  int64
	peak     int64
	measured time.Time
	took     time.Duration
}

// due reports whether to measure again. Measuring takes a hundredth of the time at most.
func (m *memory) due(now time.Time) bool {
	return now.Sub(m.measured) >= 100*m.took && (m.grown > 0 || now.Sub(m.measured) >= time.Second)
}

func (m *memory) measure(state *crdt.Collections) {
	begin := time.Now()
	m.state, m.grown = int64(state.Memory()), 0
	m.peak = max(m.peak, m.used())
	m.measured = time.Now()
	m.took = m.measured.Sub(begin)
}

// used returns the bytes that are taken.
func (m *memory) used() int64 { return m.state + m.grown + m.buffers }

// grow takes in what a delta will take in the state.
func (m *memory) grow(delta *crdt.Collections) { m.grown += int64(delta.Memory()) }

// full reports whether a command with these arguments would exceed a limit, if all it has is new.
func (m *memory) full(limit int64, args [][]byte) bool {
	if limit <= 0 {
		return false
	}
	const elementBytes = 32 // besides the element
	need := int64(0)
	for _, arg := range args[1:] {
		need += int64(len(arg)) + elementBytes
	}
	return m.used()+need > limit
}
