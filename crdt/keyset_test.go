package crdt_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

// The laws hold whether ids of cells are unique, collide now and then, or all the time.
func TestKeySetKeepsTheLaws(t *testing.T) {
	for name, narrow := range map[string]uint8{"64 bits": 0, "5 bits": 59, "1 bit": 63} {
		t.Run("ids of "+name, func(t *testing.T) {
			crdttest.Run(t, crdttest.Spec[*crdt.KeySet]{
				Gen:      crdt.GenKeySet(narrow),
				Equal:    (*crdt.KeySet).Equal,
				Disjoint: true,
				Large:    oneElement,
				Model: func(s *crdt.KeySet) crdttest.Model {
					m := crdttest.Model{}
					for e := range s.All() {
						m[string(e)] = 1
					}
					return m
				},
			})
		})
	}
}

// oneElement returns the binary form of a set of one element, of size bytes.
func oneElement(size int) []byte {
	const tag = 0x41
	for width := 1; ; width++ {
		n := size - 1 - width
		b := binary.AppendUvarint([]byte{tag}, uint64(n))
		if len(b) == 1+width {
			return append(b, make([]byte, n)...)
		}
	}
}

func TestZeroKeySetIsReady(t *testing.T) {
	var s crdt.KeySet
	if s.Contains(nil) || s.Len() != 0 || len(s.Elements()) != 0 || s.Elements() == nil || s.Digest() != (crdt.Digest{}) {
		t.Errorf("zero value has %v", s.Elements())
	}
	for _, want := range []bool{true, false} {
		if added, err := s.Insert([]byte("a")); added != want || err != nil {
			t.Errorf("inserting a: %v, %v, want %v", added, err, want)
		}
	}
	if !s.Contains([]byte("a")) || s.Len() != 1 {
		t.Errorf("after Insert: %v", &s)
	}
}

func TestTheEmptyStringIsAnElement(t *testing.T) {
	s := crdt.NewKeySet(crdt.GenKey)
	if added, err := s.Insert(nil); !added || err != nil {
		t.Fatalf("inserting nil: %v, %v", added, err)
	}
	if added, err := s.Insert([]byte{}); added || err != nil {
		t.Fatalf("inserting the empty string after nil: %v, %v", added, err)
	}
	if !s.Contains(nil) || !s.Contains([]byte{}) || s.Len() != 1 || s.Digest() == (crdt.Digest{}) {
		t.Errorf("after Insert(nil): %v, digest %v", s, s.Digest())
	}
	for e := range s.All() {
		if e == nil || len(e) > 0 {
			t.Errorf("the element is %q", e)
		}
	}
}

func TestAnElementIsAtMostMaxElementLong(t *testing.T) {
	s := crdt.KeySetOf(0, "a")
	longest := bytes.Repeat([]byte{0xff}, crdt.MaxElement)
	if added, err := s.Insert(longest); !added || err != nil || !s.Contains(longest) {
		t.Fatalf("the longest element: %v, %v", added, err)
	}
	before := s.Clone()
	long := append(longest, 0xff)
	added, err := s.Insert(long)
	want := fmt.Sprintf(`crdt: KeySet: element "%s"... of %d bytes, more than %d`, strings.Repeat(`\xff`, 20), len(long), crdt.MaxElement)
	if added || err == nil || err.Error() != want {
		t.Errorf("a longer one: %v, %v, want %s", added, err, want)
	}
	if s.Contains(long) || !s.Equal(before) || s.Digest() != before.Digest() {
		t.Errorf("a refused element changed the set to %v", s)
	}
	for n, want := range map[int]bool{crdt.MaxElement: true, crdt.MaxElement + 1: false} {
		data := append(binary.AppendUvarint([]byte{0x41}, uint64(n)), long[:n]...)
		if _, err := s.Decode(data); (err == nil) != want {
			t.Errorf("decoding an element of %d bytes: %v", n, err)
		}
	}
	// The longest element is a cell that fits MaxCell, and no more.
	one := crdt.KeySetOf(0, string(longest))
	if n := bytesOf(t, one); n > crdt.MaxCell {
		t.Errorf("the longest element takes %d bytes, more than %d", n, crdt.MaxCell)
	}
}

func TestKeySetString(t *testing.T) {
	for want, elements := range map[string][]string{
		`{}`:                          nil,
		`{""}`:                        {""},
		`{"a"}`:                       {"a"},
		`{"\x00\xff"}`:                {"\x00\xff"},
		`{"aaaaaaaaaaaaaaaaaaaa"}`:    {strings.Repeat("a", 20)},
		`{"aaaaaaaaaaaaaaaaaaaa"...}`: {strings.Repeat("a", 21)},
	} {
		if got := crdt.KeySetOf(0, elements...).String(); got != want {
			t.Errorf("%q is printed as %s, want %s", elements, got, want)
		}
	}
	var many []string
	for i := range 1000 {
		many = append(many, strings.Repeat("\xff", 100)+fmt.Sprint(i))
	}
	if got := crdt.KeySetOf(0, many...).String(); len(got) > 1500 || !strings.HasSuffix(got, "... and 984 more}") {
		t.Errorf("a thousand elements are printed as %s", got)
	}
}

// What has another key is compared by its elements, and joined under the receiver's key.
func TestSetsUnderDifferentKeysJoinByTheirElements(t *testing.T) {
	make := func(key crdt.Key, elements ...string) *crdt.KeySet {
		s := crdt.NewKeySet(key)
		for _, e := range elements {
			if _, err := s.Insert([]byte(e)); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	key, other := crdt.Key{1, 2}, crdt.Key{3, 4}
	s, delta, want := make(key, "a", "b"), make(other, "b", "c", "d"), make(key, "a", "b", "c", "d")
	if got := delta.Minus(s); !got.Equal(make(other, "c", "d")) || got.Digest() != make(other, "c", "d").Digest() {
		t.Errorf("Minus returns %v", got)
	}
	novel := s.Join(delta)
	if !s.Equal(want) || s.Digest() != want.Digest() {
		t.Errorf("joined to %v with digest %v, want %v with %v", s, s.Digest(), want, want.Digest())
	}
	if !novel.Equal(make(key, "c", "d")) || novel.Digest() != make(key, "c", "d").Digest() {
		t.Errorf("the novel part is %v", novel)
	}
	if !s.Equal(make(other, "d", "c", "b", "a")) || s.Equal(make(other, "a", "b", "c", "e")) || s.Equal(make(other, "a")) {
		t.Errorf("Equal goes by more than the elements")
	}
	if make(other, "a", "b", "c", "d").Digest() == want.Digest() {
		t.Errorf("two keys give the same digest")
	}
}

// All lends the set's memory: what is kept of it does not change as the set grows, and
// cannot be appended to. Elements gives memory away.
func TestElementsThatAreKeptNeverChange(t *testing.T) {
	long := strings.Repeat("l", 200)
	s := crdt.KeySetOf(0, "a", "b", "c", long)
	lent, given := slices.Collect(s.All()), s.Elements()
	want := fmt.Sprintf("%q", given)
	for i := range 1000 {
		if _, err := s.Insert(fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range lent {
		_ = append(e, 'x')
	}
	if got := fmt.Sprintf("%q", lent); got != want {
		t.Errorf("the elements are now %s, and were %s", got, want)
	}
	for _, e := range given {
		e[0] = 'x'
		_ = append(e, 'x')
	}
	for _, e := range []string{"a", "b", "c", long, "0", "1", "2", "3", "999"} {
		if !s.Contains([]byte(e)) {
			t.Errorf("%s was overwritten", e)
		}
	}
}

// Two elements whose ids collide under crdt.GenKey, found by 2^33 hashes.
const (
	collidingA = "\xb6\x80\x9a\xaf\x77\xf0\x03\xfd"
	collidingB = "\x19\xc9\x8a\x92\x5b\x75\x9d\x10"
)

// Replicas with one, the other, both and none of two elements in one cell, in every order,
// find out that they differ, and mend it.
func TestTwoElementsThatShareACellBothSurvive(t *testing.T) {
	both := crdt.KeySetOf(0, "cy", collidingA, collidingB)
	if n := len(slices.Collect(both.Cells(0))); n != 2 {
		t.Fatalf("%d cells", n)
	}
	for _, mine := range [][]string{nil, {collidingA}, {collidingB}, {collidingB, collidingA}} {
		s := crdt.KeySetOf(0, append(mine, "cy")...)
		diff := s.Sketch(16)
		diff.Subtract(both.Sketch(16))
		items, complete, err := diff.Peel()
		if err != nil || !complete {
			t.Fatalf("%v: peeled %v, %v, %v", s, items, complete, err)
		}
		var ids []crdt.CellID
		for _, item := range items {
			ids = append(ids, crdt.CellID(item.ID))
		}
		if novel := s.Join(both.Extract(ids)); novel.Len() != 2-len(mine) {
			t.Errorf("with %q it was %v that was new", mine, novel)
		}
		if !s.Equal(both) || s.Digest() != both.Digest() {
			t.Errorf("with %q: mended to %v, want %v", mine, s, both)
		}
	}
}

func bytesOf(t *testing.T, s *crdt.KeySet) int {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(b)
}

func TestSplitFillsThePartsOfAKeySet(t *testing.T) {
	for _, narrow := range []uint8{0, 56} { // 56: some cells have several elements
		s := crdt.KeySetOf(narrow)
		for i := range 2000 {
			s.Join(crdt.KeySetOf(narrow, strings.Repeat("x", i%150)+fmt.Sprint(i)))
		}
		const limit = 3000
		last, parts := 0, 0
		for part, err := range crdt.Split(s, 0, limit) {
			if err != nil {
				t.Fatal(err)
			}
			for c := range part.Cells(0) {
				if first := bytesOf(t, part.Extract([]crdt.CellID{c.ID})); parts > 0 && last+first-1 <= limit {
					t.Errorf("a part takes %d bytes, and the next cell %d, with a limit of %d", last, first, limit)
				}
				break
			}
			last = bytesOf(t, part)
			parts++
		}
		if want := bytesOf(t, s) / limit; parts < want || narrow == 0 && parts > want+3 {
			t.Errorf("%d parts of %d bytes", parts, limit)
		}
	}
}

// The longest elements in one cell, of any number, are more than MaxCell. Each came from
// a replica that could not know of the others, so all of them must get through.
func TestACellThatIsTooLongForAMessageIsSentInParts(t *testing.T) {
	const noBits = 64 // all elements are one cell
	s := crdt.KeySetOf(noBits, "short", "")
	for i := range 5 {
		s.Join(crdt.KeySetOf(noBits, strings.Repeat(fmt.Sprint(i), crdt.MaxElement-i)))
	}
	if n := bytesOf(t, s); n < 5*crdt.MaxElement {
		t.Fatalf("the cell takes %d bytes", n)
	}
	received := s.New()
	for part, err := range crdt.Split(s, 0, crdt.MaxCell) {
		if err != nil {
			t.Fatal(err)
		}
		if n := bytesOf(t, part); n > crdt.MaxCell {
			t.Errorf("a part takes %d bytes, more than %d", n, crdt.MaxCell)
		}
		received.Join(part)
	}
	if !received.Equal(s) || received.Digest() != s.Digest() {
		t.Errorf("what was sent of %v in parts is %v", s, received)
	}
	// A limit that has no room for one of the elements is an error for it alone.
	received, failed := s.New(), 0
	longest := bytesOf(t, crdt.KeySetOf(noBits, strings.Repeat("0", crdt.MaxElement)))
	for part, err := range crdt.Split(s, 0, longest-1) {
		if err != nil {
			var cell *crdt.CellError
			if !errors.As(err, &cell) || cell.ID != 0 || !errors.Is(err, crdt.ErrCellTooLarge) {
				t.Errorf("the error is %v", err)
			}
			failed++
			continue
		}
		received.Join(part)
	}
	if failed != 1 || received.Len() != s.Len()-1 {
		t.Errorf("%d errors, and %d of %d elements were sent", failed, received.Len(), s.Len())
	}
}

func TestKeySetJSON(t *testing.T) {
	s := crdt.KeySetOf(0, "", "a", "\xff\xfe", "ü")
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var plain [][]byte
	if err := json.Unmarshal(b, &plain); err != nil || !slices.EqualFunc(plain, s.Elements(), bytes.Equal) {
		t.Errorf("%s is read by encoding/json as %q, %v", b, plain, err)
	}
	read := crdt.KeySetOf(0, "gone")
	if err := json.Unmarshal(b, read); err != nil || !read.Equal(s) || read.Digest() != s.Digest() {
		t.Errorf("%s is read as %v, %v", b, read, err)
	}
	if b, err := json.Marshal(crdt.NewKeySet(crdt.Key{})); err != nil || string(b) != "[]" {
		t.Errorf("the empty set is %s, %v", b, err)
	}
}

func TestWhatIsNoJSONOfAKeySetIsRefused(t *testing.T) {
	long := fmt.Sprintf(`["%s"]`, strings.Repeat("YWFh", crdt.MaxElement/3+1))
	for in, want := range map[string]string{
		`null`:           `not a JSON array: null`,
		`{}`:             `not a JSON array of strings`,
		`[1]`:            `not a JSON array of strings`,
		`[[97]]`:         `not a JSON array of strings`,
		`["YQ==",null]`:  `element 1: null`,
		`["YQ"]`:         `element 0: illegal base64 data`,
		`["YR=="]`:       `element 0: illegal base64 data`,
		`["Y Q=="]`:      `element 0: illegal base64 data`,
		`["YWFh\nYQ=="]`: `element 0: line break in base64 data`,
		`["ab_-"]`:       `element 0: illegal base64 data`,
		long:             `element 0: element "aaaaaaaaaaaaaaaaaaaa"... of`,
	} {
		s := crdt.KeySetOf(0, "stays")
		if err := s.UnmarshalJSON([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", in, err, want)
		}
		if !s.Equal(crdt.KeySetOf(0, "stays")) {
			t.Errorf("%.40s: the error left %v behind", in, s)
		}
	}
}
