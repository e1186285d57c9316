package crdttest_test

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

var memoryBugs = []bug{
	{
		law: "results own their memory",
		is:  "Minus returns the receiver itself if other is empty",
		minus: func(s, other *Scores) *Scores {
			if other.Len() == 0 {
				return s
			}
			return s.Minus(other)
		},
	},
	{
		law: "joined states share nothing",
		is:  "Join into an empty state keeps the map of its argument",
		join: func(s, delta *Scores) *Scores {
			if s.Len() > 0 || s == delta {
				return s.Join(delta)
			}
			s.best, s.digest = delta.best, delta.digest
			return delta.Clone()
		},
	},
	{
		law: "bytes are copied",
		is:  "Decode makes names that point into the input, to save the copy",
		decode: func(s *Scores, data []byte) (*Scores, error) {
			if _, err := s.Decode(data); err != nil {
				return nil, errors.New("scores: not valid")
			}
			read := s.New()
			for data = data[1:]; len(data) > 0; {
				n := int(binary.BigEndian.Uint16(data))
				read.raise(unsafe.String(&data[2], n), binary.BigEndian.Uint64(data[2+n:]))
				data = data[2+n+8:]
			}
			return read, nil
		},
	},
}
