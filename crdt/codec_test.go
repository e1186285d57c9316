package crdt

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func ints(from, to int64) []int64 {
	var xs []int64
	for x := from; x < to; x++ {
		xs = append(xs, x)
	}
	return xs
}

// TestBinaryFormOfASet pins the format down. A change here is a new version.
func TestBinaryFormOfASet(t *testing.T) {
	evens := func(from, to int64) []int64 {
		return slices.DeleteFunc(ints(from, to), func(x int64) bool { return x%2 != 0 })
	}
	for _, c := range []struct {
		name     string
		elements []int64
		want     string // tag, then items
	}{
		{"empty", nil, "11"},
		{"zero", []int64{0}, "11 002000"},
		{"minus one", []int64{-1}, "11 0120ff"},
		{"page one", []int64{256}, "11 022000"},
		{"list", []int64{3, 90, 200}, "11 0022035ac8"},
		{"run", ints(10, 40), "11 0040 0a27"},
		{"two runs", slices.Concat(ints(1, 40), ints(100, 256)), "11 0041 0127 64ff"},
		{"bitmap", evens(32, 64), "11 0003 04 55555555"},
		{"bitmap of a whole page", evens(0, 256), "11 001f 00" + strings.Repeat("55", 32)},
		{"full page", ints(0, 256), "11 0060"},
		{"full pages and a run", ints(0, 1000), "11 0062 0040 00e7"},
		{"32 full pages", ints(0, 32*256), "11 007f"},
		{"33 full pages", ints(0, 33*256), "11 007f 0060"},
		{"33 full pages from below zero", ints(-256, 32*256), "11 017f 0060"},
		{"full pages apart", slices.Concat(ints(0, 256), ints(512, 768)), "11 0060 0160"},
		{"least", []int64{math.MinInt64}, "11 ffffffffffffff7f 2000"},
		{"greatest", []int64{math.MaxInt64}, "11 feffffffffffff7f 20ff"},
		{"the ends", []int64{math.MinInt64, math.MaxInt64}, "11 ffffffffffffff7f 2000 feffffffffffff7f 20ff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.ReplaceAll(c.want, " ", "")
			s := NewGSet(GenKey, c.elements...)
			b, err := s.AppendBinary(nil)
			if err != nil || hex.EncodeToString(b) != want {
				t.Fatalf("%v is encoded as %x, %v; want %s", s, b, err, want)
			}
			got, err := s.Decode(b)
			if err != nil || !got.Equal(s) || got.Digest() != s.Digest() {
				t.Fatalf("%x decodes to %v, %v", b, got, err)
			}
		})
	}
}

func TestBinaryFormRefusesWhatItWouldNotWrite(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":                          "",
		"another type":                     "21 002000",
		"another version":                  "12 002000",
		"gap cut off":                      "11 80",
		"gap in more bytes than it needs":  "11 8000 2000",
		"gap of 57 bits":                   "11 8080808080808080 01 2000",
		"gap of 70 bits":                   "11 ffffffffffffffffff7f 2000",
		"gap beyond the last page":         "11 feffffffffffff7f 20ff 00 2000",
		"no head":                          "11 00",
		"unused form":                      "11 00 80",
		"list cut off":                     "11 00 2100",
		"list out of order":                "11 00 21 0500",
		"list with a duplicate":            "11 00 21 0505",
		"list of what is shorter as a run": "11 00 22 000102",
		"runs cut off":                     "11 00 41 0010 20",
		"run backwards":                    "11 00 40 2010",
		"runs that touch":                  "11 00 41 0010 1120",
		"runs out of order":                "11 00 41 8090 0010",
		"run of one":                       "11 00 40 0505",
		"run of a whole page":              "11 00 40 00ff",
		"bitmap cut off":                   "11 00 01 00 ff",
		"bitmap beyond the page":           "11 00 01 1f ffff",
		"bitmap of nothing":                "11 00 00 00 00",
		"bitmap with a zero byte ahead":    "11 00 04 00 0055555555",
		"bitmap of what is shorter listed": "11 00 00 00 01",
		"full pages in two items":          "11 00 60 00 60",
		"full pages, the last items not filled up first": "11 00 7e 00 61",
		"full pages beyond the last":                     "11 feffffffffffff7f 61",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := NewGSet(GenKey).Decode(data); err == nil {
			t.Errorf("%s: %s decodes to %v", name, in, s)
		} else if s != nil {
			t.Errorf("%s: both a set and the error %v", name, err)
		}
	}
}

func TestTypicalSetsAreSmallInBinaryForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int, from, to int64) []int64 {
		xs := ints(from, to)
		r.Shuffle(len(xs), func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
		return xs[:n]
	}
	for _, c := range []struct {
		name     string
		elements []int64
		most     int // bytes
	}{
		{"one recent", []int64{1234}, 5},
		{"ten of the latest hundred", pick(10, 5000, 5100), 20},
		{"thirty of the latest hundred", pick(30, 5000, 5100), 20},
		{"thirty of the latest thousand", pick(30, 5000, 6000), 48},
		{"1000 consecutive", ints(0, 1000), 8},
		{"a million consecutive", ints(0, 1_000_000), 256},
		{"half of 100,000", pick(50_000, 0, 100_000), 100_000/8*110/100 + 8},
		{"one random", []int64{int64(r.Uint64())}, 11},
		{"the worst page", slices.Concat(pick(126, -1<<62, -1<<62+255), []int64{-1 << 62, -1<<62 + 255}), 43},
	} {
		b, err := NewGSet(GenKey, c.elements...).AppendBinary(nil)
		if err != nil || len(b) > c.most {
			t.Errorf("%s: %d bytes, %v; want at most %d", c.name, len(b), err, c.most)
		}
	}
}

// TestDecodingBoundsMemory decodes the input that expands most for its length,
// and the most ambitious one that is refused.
func TestDecodingBoundsMemory(t *testing.T) {
	full := []byte{gsetTag}
	for i := range 1000 {
		gap := uint64(0)
		if i == 0 {
			gap = 4 // a page of its own, so that items need not be filled up
		}
		full = binary.AppendUvarint(full, gap)
		full = append(full, formFull<<formShift+maxN-1)
	}
	s, err := NewGSet(GenKey).Decode(full)
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, block := range s.pages.blocks {
		pages += cap(block)
	}
	if bytes, most := pages*40, 640*len(full)+blockCap*40; bytes > most {
		t.Errorf("%d bytes of input take %d bytes of memory, want at most %d", len(full), bytes, most)
	}
	if elements, most := s.Len(), 4096*len(full); elements > most {
		t.Errorf("%d bytes of input yield %d elements, want at most %d", len(full), elements, most)
	}
}

func TestJSONFormOfASet(t *testing.T) {
	for want, elements := range map[string][]int64{
		"[]":         nil,
		"[0]":        {0},
		"[-1,2,300]": {300, 2, -1, 2},
		"[-9223372036854775808,9223372036854775807]": {math.MaxInt64, math.MinInt64},
	} {
		got, err := json.Marshal(NewGSet(GenKey, elements...))
		if err != nil || string(got) != want {
			t.Errorf("%v is written as %s, %v; want %s", elements, got, err, want)
		}
	}
	for in, want := range map[string][]int64{
		"[]":              nil,
		" [ 3 , 1,\n2 ] ": {1, 2, 3},
		"[5,5,5]":         {5},
		"[-0]":            {0},
		"[9223372036854775807,-9223372036854775808]": {math.MinInt64, math.MaxInt64},
	} {
		s := NewGSet(GenKey, 77)
		if err := json.Unmarshal([]byte(in), s); err != nil || !s.Equal(NewGSet(GenKey, want...)) {
			t.Errorf("%s is read as %v, %v; want %v", in, s, err, want)
		} else if s.Digest() != NewGSet(GenKey, want...).Digest() {
			t.Errorf("%s is read under another key", in)
		}
	}
}

func TestJSONErrorsNameTheElementAndLeaveTheSetAlone(t *testing.T) {
	long := strings.Repeat("9", 1000)
	for in, want := range map[string]string{
		"[1,2.5]":                  "element 1: 2.5 ",
		"[1.0]":                    "element 0: 1.0 ",
		"[1,2,1e3]":                "element 2: 1e3 ",
		`["7"]`:                    `element 0: "7" `,
		"[null]":                   "element 0: null ",
		"[true]":                   "element 0: true ",
		"[[1]]":                    "element 0: [1] ",
		"[9223372036854775808]":    "element 0: 9223372036854775808 ",
		"[0,-9223372036854775809]": "element 1: -9223372036854775809 ",
		"[" + long + "]":           "element 0: " + long[:40] + "... ",
		"null":                     "null",
		"{}":                       "array",
		"7":                        "array",
		"[1":                       "unexpected end",
		"[01]":                     "invalid character",
		"[+1]":                     "invalid character",
		"":                         "unexpected end",
	} {
		s := NewGSet(GenKey, 77)
		before := s.Clone()
		err := s.UnmarshalJSON([]byte(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50s: error %v, want one with %q", in, err, want)
		}
		if !s.Equal(before) || s.Digest() != before.Digest() {
			t.Errorf("%.50s: set is %v after the error, want %v", in, s, before)
		}
	}
}
