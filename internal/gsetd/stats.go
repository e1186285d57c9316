package gsetd

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"math/bits"
	"time"

	"gset/internal/loop"
)

// stats counts what a server has done since it was made or since CONFIG RESETSTAT.
type stats struct {
	base  time.Time     // when the server was made
	clock time.Duration // as of its last reading, since base; zero at the beginning of a turn

	processed uint64 // commands
	updates   uint64 // elements and sums that clients have added
	refused   uint64 // commands, for memory
	denied    denied
	hits      uint64
	misses    uint64
	errors    map[string]uint64 // by code

	sampled rates
	net     loop.Stats // as of the last sample
}

// rates is what INFO calls instantaneous: over the last second or so.
type rates struct {
	at                   time.Time
	processed            uint64
	received, sent       uint64
	ops, inKbps, outKbps float64
}

// usage counts one command.
type usage struct {
	calls, rejected, failed uint64
	total                   time.Duration
	buckets                 [histogramBuckets]uint64 // of microseconds: bucket i is of those of i bits
}

const histogramBuckets = 32

func (u *usage) done(took time.Duration, failed bool) {
	u.calls++
	u.total += took
	if failed {
		u.failed++
	}
	u.buckets[min(bits.Len64(uint64(took.Microseconds())), histogramBuckets-1)]++
}

func (st *stats) looked(found bool) {
	if found {
		st.hits++
	} else {
		st.misses++
	}
}

// countError counts the error that a reply is.
func (st *stats) countError(reply []byte) {
	if code, _, ok := bytes.Cut(reply, []byte(" ")); ok && len(code) > 1 && code[0] == '-' {
		st.errors[string(code[1:])]++
	}
}

// sample computes rates once a second.
func (st *stats) sample(now time.Time, l loop.Stats) {
	st.net = l
	last := st.sampled
	seconds := now.Sub(last.at).Seconds()
	if !last.at.IsZero() && seconds < 1 {
		return
	}
	next := rates{at: now, processed: st.processed, received: l.Received, sent: l.Sent}
	if !last.at.IsZero() && st.processed >= last.processed {
		next.ops = float64(st.processed-last.processed) / seconds
		next.inKbps = float64(l.Received-last.received) / 1024 / seconds
		next.outKbps = float64(l.Sent-last.sent) / 1024 / seconds
	}
	st.sampled = next
}

// resetStats sets back what CONFIG RESETSTAT does.
func (s *Server) resetStats() {
	s.stats.processed, s.stats.updates, s.stats.refused, s.stats.hits, s.stats.misses = 0, 0, 0, 0, 0
	s.stats.denied = denied{}
	clear(s.stats.errors)
	if s.loop != nil {
		s.loop.ResetLongest()
	}
	for _, e := range s.ordered {
		e.usage = usage{}
		for _, sub := range e.subs {
			sub.usage = usage{}
		}
	}
}

// drawRunID draws what tells a process from an earlier one, as Redis has it.
func drawRunID() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
