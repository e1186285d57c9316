package crdt

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

var keySetSeeds = [][]string{
	nil, {""}, {"a"}, {"", "a", "b", "\x00", "\xff\xfe"}, {"ada", "bob", "cy", "dee", "eve"},
	{strings.Repeat("x", 127), strings.Repeat("x", 128)},
}

// FuzzKeySetDecode: what is accepted is canonical, and the set it gives is sound.
func FuzzKeySetDecode(f *testing.F) {
	for _, narrow := range []uint8{0, 64} {
		for _, elements := range keySetSeeds {
			b, err := KeySetOf(narrow, elements...).AppendBinary(nil)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(narrow, b)
		}
	}
	f.Add(uint8(0), []byte{keysetTag, 0x80, 0})
	f.Add(uint8(0), []byte{keysetTag, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, narrow uint8, data []byte) {
		s, err := KeySetOf(narrow).Decode(data)
		if err != nil {
			return
		}
		if again, err := s.AppendBinary(nil); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x decodes to what encodes as %x, %v", data, again, err)
		}
		if joined := s.New(); joined.Join(s).Digest() != s.Digest() || !joined.Equal(s) {
			t.Fatalf("%x decodes to a set that does not join", data)
		}
		if fresh := KeySetOf(narrow, stringsOf(s)...); fresh.Digest() != s.Digest() || !fresh.Equal(s) {
			t.Fatalf("%x decodes to %v with digest %v, want %v", data, s, s.Digest(), fresh.Digest())
		}
	})
}

// FuzzKeySetJSON: what is accepted is read by a plain decoder of slices of bytes as the
// same elements.
func FuzzKeySetJSON(f *testing.F) {
	for _, elements := range keySetSeeds {
		b, err := json.Marshal(KeySetOf(0, elements...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, in := range []string{"null", "[null]", "[1]", "[[1]]", `["YQ"]`, `["YR=="]`, `["YQ==","YQ=="]`, `["\u0059Q=="]`, `["YWFh\n"]`, "[]x"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := KeySetOf(0)
		if err := s.UnmarshalJSON(data); err != nil {
			if s.Len() != 0 {
				t.Fatalf("%q: the error %v left %v behind", data, err, s)
			}
			return
		}
		var want [][]byte
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q is read as %v, but by a plain decoder: %v", data, s, err)
		}
		plain := KeySetOf(0)
		for _, e := range want {
			plain.insert(e)
		}
		if !s.Equal(plain) || s.Digest() != plain.Digest() {
			t.Fatalf("%q is read as %v, want %v", data, s, plain)
		}
	})
}
