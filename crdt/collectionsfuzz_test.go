package crdt

import (
	"bytes"
	"testing"
)

// FuzzCollectionsDecode: what is accepted is canonical, and the state it gives is sound.
func FuzzCollectionsDecode(f *testing.F) {
	for _, weak := range []Weak{{}, {Names: 64, Low: 32}} {
		c := NewWeakCollections(weak)
		for i, elements := range keySetSeeds {
			for _, e := range elements {
				c.insertMember("ab"[:i%3], []byte(e))
			}
			c.raise(c.obtain("b"), Origin{"n1", uint64(i)}, [2]uint64{1, uint64(i)})
			for part, err := range Split(c, 0, 100) {
				if err != nil {
					continue
				}
				b, err := part.AppendBinary(nil)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(weak.Names, weak.Low, b)
			}
		}
	}
	for _, b := range [][]byte{
		{collectionsTag},
		{collectionsTag, 0, 0, 0, 0},
		{collectionsTag, 1, 1, 'n', 0},
		{collectionsTag, 0, 0, 0x80, 0x80, 0x80, 0x80, 1},
		{collectionsTag, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		f.Add(uint8(0), uint8(0), b)
	}
	f.Fuzz(func(t *testing.T, names, low uint8, data []byte) {
		empty := NewWeakCollections(Weak{Names: names % 65, Low: low % 33})
		c, err := empty.Decode(data)
		if err != nil {
			return
		}
		if again, err := c.AppendBinary(nil); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x decodes to what encodes as %x, %v", data, again, err)
		}
		fresh := c.New()
		for name, e := range c.All() {
			if added, err := fresh.Insert(name, e); !added || err != nil {
				t.Fatalf("%x: element %q of %q: %v, %v", data, e, name, added, err)
			}
		}
		for e := range c.Entries() {
			if err := fresh.Raise(e.Name, e.Origin, e.Balance); err != nil {
				t.Fatalf("%x: %v: %v", data, e, err)
			}
		}
		for _, other := range []*Collections{fresh, c.Clone(), empty.Join(c)} {
			if !other.Equal(c) || other.Digest() != c.Digest() || other.Len() != c.Len() {
				t.Fatalf("%x decodes to %v with digest %v, want %v with %v", data, c, c.Digest(), other, other.Digest())
			}
		}
	})
}
