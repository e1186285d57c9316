package gsetd

import "time"

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

func (m *memory) measure(node Node) {
	begin := time.Now()
	m.state, m.grown = int64(node.Memory()), 0
	m.peak = max(m.peak, m.used())
	m.measured = time.Now()
	m.took = m.measured.Sub(begin)
}

// used returns the bytes that are taken.
func (m *memory) used() int64 { return m.state + m.grown + m.buffers }

// elementBytes is what an element takes besides its own bytes, at most but for the smallest states.
const elementBytes = 64

// need returns the bytes that arguments take in a state, if all are new.
func need(args [][]byte) (n int64) {
	for _, arg := range args {
		n += int64(len(arg)) + elementBytes
	}
	return n
}

// full reports whether a command with these arguments would exceed a limit, if all it has is new.
func (m *memory) full(limit int64, args [][]byte) bool {
	return limit > 0 && m.used()+need(args) > limit
}
