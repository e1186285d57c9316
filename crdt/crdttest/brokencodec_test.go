package crdttest_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

var codecBugs = []bug{
	{
		law: "codec round trip",
		is:  "Decode reads the bytes of a score in the other order",
		decode: func(s *Scores, data []byte) (*Scores, error) {
			read, err := s.Decode(data)
			if err != nil {
				return nil, err
			}
			for player, score := range read.Clone().best {
				read.put(player, bits.ReverseBytes64(score))
			}
			return read, nil
		},
	},
	{
		law: "codec is canonical",
		is:  "AppendBinary rounds scores to even numbers",
		append: func(s *Scores, b []byte) ([]byte, error) {
			rounded := s.Clone()
			for player, score := range s.best {
				rounded.put(player, score+score%2)
			}
			return rounded.AppendBinary(b)
		},
	},
	{
		law: "codec refuses the rest",
		is:  "Decode stops at the first player that is cut off and keeps those before",
		decode: func(s *Scores, data []byte) (*Scores, error) {
			read, err := s.Decode(data)
			for end := len(data) - 1; err != nil && end > 0; end-- {
				read, err = s.Decode(data[:end])
			}
			return read, err
		},
	},
	{
		law: "codec bounds a cell",
		is:  "AppendBinary fills up to blocks of 100,000 bytes",
		append: func(s *Scores, b []byte) ([]byte, error) {
			b, err := s.AppendBinary(b)
			return append(b, make([]byte, 100_000-len(b)%100_000)...), err
		},
		decode: func(s *Scores, data []byte) (*Scores, error) {
			return s.Decode(bytes.TrimRight(data, "\x00"))
		},
	},
	{
		law: "codec refuses a large part",
		is:  "Decode takes every name of a length that two bytes can tell",
		decode: func(s *Scores, data []byte) (*Scores, error) {
			read, err := s.Decode(data)
			if len(data) < 3 || len(data) != 11+int(binary.BigEndian.Uint16(data[1:])) {
				return read, err
			}
			one := s.New()
			one.raise(string(data[3:len(data)-8]), binary.BigEndian.Uint64(data[len(data)-8:]))
			return one, nil
		},
	},
}
