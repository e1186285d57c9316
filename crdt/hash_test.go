package crdt

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt/internal/pages"
)

// prime is 2^127-1 as math/big has it: the twin that the field is checked against.
var prime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))

func (h Hash) big() *big.Int {
	n := new(big.Int).SetUint64(h.Hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(h.Lo))
}

func hashOf(n *big.Int) Hash {
	n = new(big.Int).Mod(n, prime)
	lo := new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1))
	return Hash{Hi: n.Rsh(n, 64).Uint64(), Lo: lo.Uint64()}
}

// genHash favours the edges of the field and of its words.
var genHash = rapid.Custom(func(t *rapid.T) Hash {
	edges := []uint64{0, 1, 2, 1<<63 - 2, 1<<63 - 1, 1 << 63, 1<<64 - 2, 1<<64 - 1}
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom(edges))
	h := Hash{Hi: word.Draw(t, "hi") & maxHi, Lo: word.Draw(t, "lo")}
	return hashOf(h.big())
})

func TestHashIsTheFieldModulo2To127Minus1(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genHash.Draw(t, "a"), genHash.Draw(t, "b")
		w := rapid.Uint64().Draw(t, "w")
		for _, op := range []struct {
			name string
			got  Hash
			want *big.Int
		}{
			{"a + b", a.Add(b), new(big.Int).Add(a.big(), b.big())},
			{"a - b", a.Sub(b), new(big.Int).Sub(a.big(), b.big())},
			{"a · b", a.mul(b), new(big.Int).Mul(a.big(), b.big())},
			{"a · w", a.mulWord(w), new(big.Int).Mul(a.big(), new(big.Int).SetUint64(w))},
			{"a · (2^64-1)", a.mulWord(1<<64 - 1), new(big.Int).Mul(a.big(), new(big.Int).SetUint64(1<<64-1))},
			{"a + b - b", a.Add(b).Sub(b), a.big()},
		} {
			if want := hashOf(op.want); op.got != want {
				t.Fatalf("%s = %v, want %v", op.name, op.got.big(), want.big())
			}
		}
	})
}

func TestPageHashIsThePolynomialAtThePoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := Key{rapid.Uint64().Draw(t, "k0"), rapid.Uint64().Draw(t, "k1")}
		p := pages.Page{ID: rapid.Uint64().Draw(t, "id")}
		for k := range p.Words {
			p.Words[k] = rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64()).Draw(t, "word")
		}
		r := key.point(CellID(p.ID)).big()
		want, power := new(big.Int), big.NewInt(1)
		for _, w := range p.Words {
			power.Mul(power, r)
			want.Add(want, new(big.Int).Mul(new(big.Int).SetUint64(w), power))
		}
		if got := hashPage(key, &p); got != hashOf(want) {
			t.Fatalf("got %v, want %v", got.big(), hashOf(want).big())
		}
	})
}

func TestPointIsTheWholeSipHashReduced(t *testing.T) {
	// SipHash-2-4 with 128 bits of output, first vector of 8 bytes in the
	// reference implementation: key 00..0f, input 00..07.
	key := Key{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	output := []byte{ // as printed there, least significant byte first
		0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61,
		0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4,
	}
	n := new(big.Int)
	for i := range output {
		n.Lsh(n, 8).Or(n, big.NewInt(int64(output[len(output)-1-i])))
	}
	if got, want := key.point(0x0706050403020100), hashOf(n); got != want {
		t.Fatalf("got %v, want %v", got.big(), want.big())
	}
}

func TestHashCellDependsOnKeyIDAndContent(t *testing.T) {
	key := Key{1, 2}
	if got, want := key.HashCell(7, nil), key.point(7); got != want {
		t.Errorf("without content: %v, want %v", got, want)
	}
	seen := map[Hash]string{}
	for name, h := range map[string]Hash{
		"one":             key.HashCell(7, []byte("a")),
		"another id":      key.HashCell(8, []byte("a")),
		"another content": key.HashCell(7, []byte("b")),
		"longer":          key.HashCell(7, []byte("a\x00")),
		"another key":     Key{1, 3}.HashCell(7, []byte("a")),
	} {
		if other, found := seen[h]; found {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[h] = name
	}
}

// All of an origin is hashed: one that counted for another would pass for it in
// digests, and make a cell with it.
func TestPointAndCellDependOnAllOfAnOrigin(t *testing.T) {
	key := Key{1, 2}
	points, cells := map[Hash]Origin{}, map[CellID]Origin{}
	long := strings.Repeat("x", MaxNode-1)
	for _, node := range []string{"a", "aa", "ab", "b", "a\x00", long, long + "x", long + "y"} {
		for _, incarnation := range []uint64{0, 1, 1 << 8, 1 << 63} {
			o := Origin{node, incarnation}
			if got, want := o.point(key), key.HashCell(CellID(incarnation), []byte(node)); got != want {
				t.Errorf("point of %v is %v, want %v", o, got, want)
			}
			points[o.point(key)], cells[o.cell(key)] = o, o
		}
	}
	if len(points) != 8*4 || len(cells) != 8*4 {
		t.Errorf("32 origins have %d points and %d cells", len(points), len(cells))
	}
}

func TestKeysGiveUnrelatedHashes(t *testing.T) {
	seen := map[Hash]Key{}
	for _, key := range []Key{{}, {1, 0}, {0, 1}, {1, 1}} {
		h := NewGSet(key, 1, 2, 3).Digest().Hash
		if other, found := seen[h]; found {
			t.Errorf("keys %v and %v give the same hash", key, other)
		}
		seen[h] = key
	}
}

// TestFingerprintIsTheBeginningOfTheHash holds it against the hash as a number of 127 bits.
func TestFingerprintIsTheBeginningOfTheHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Digest{rapid.Uint64().Draw(t, "count"), genHash.Draw(t, "hash")}
		n := new(big.Int).SetUint64(d.Hash.Hi)
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(d.Hash.Lo))
		f := d.Fingerprint()
		if want := n.Rsh(n, 127-8*uint(len(f))).FillBytes(make([]byte, len(f))); string(f[:]) != string(want) {
			t.Fatalf("the fingerprint is %x, want %x", f[:], want)
		}
		if !strings.HasSuffix(d.String(), "#"+f.String()) {
			t.Fatalf("%v has the fingerprint %v", d, f)
		}
	})
}
