package crdt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"gset/crdt/internal/pages"
)

func ints(from, to int64) []int64 {
	var xs []int64
	for x := from; x < to; x++ {
		xs = append(xs, x)
	}
	return xs
}

// TestVectors holds the binary form of sets against ../testdata/gset.txt, in
// which there is enough to write another implementation against. A change there is
// a new version of the form, unless it adds to it:
//
//	go test ./crdt -run TestVectors -rewrite
//
// Commands:
//
//	encode
//	{-7 0..999 2000..3000/10}
//	    shows the binary form of a set, which is decoded and compared as well;
//	    a/b goes up in steps of b
//	decode
//	12 00 ff
//	    shows the set, or why there is none
func TestVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/gset.txt", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "encode":
			s := parseSet(t, d.Input)
			b, err := s.AppendBinary(nil)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			got, err := s.Decode(b)
			if err != nil || !got.Equal(s) || got.Digest() != s.Digest() {
				d.Fatalf(t, "% x decodes to %v, %v", b, got, err)
			}
			requireSound(t, got)
			var lines strings.Builder
			for line := range slices.Chunk(b, 32) {
				fmt.Fprintf(&lines, "% x\n", line)
			}
			return lines.String()
		case "decode":
			data, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			s, err := NewGSet(GenKey).Decode(data)
			if err == nil {
				return s.String() + "\n"
			}
			if s != nil {
				d.Fatalf(t, "both the set %v and the error %v", s, err)
			}
			return err.Error() + "\n"
		}
		d.Fatalf(t, "unknown command")
		return ""
	})
}

// parseSet reads what GSet.String writes, and steps.
func parseSet(t *testing.T, text string) *GSet {
	s := NewGSet(GenKey)
	number := func(text string) int64 {
		x, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, item := range strings.Fields(strings.Trim(strings.TrimSpace(text), "{}")) {
		item, stepText, stepped := strings.Cut(item, "/")
		step := int64(1)
		if stepped {
			step = number(stepText)
		}
		from, to, ranged := strings.Cut(item, "..")
		if !ranged {
			to = from
		}
		last := number(to)
		for x := number(from); ; x += step {
			s.Insert(x)
			if last-x < step {
				break
			}
		}
	}
	return s
}

// The laws try what is near a valid form; here is every short input.
func TestBinaryFormIsCanonicalOnAllShortInputs(t *testing.T) {
	factory := NewGSet(GenKey)
	accepted := 0
	for n := range 3 {
		data := make([]byte, 1+n)
		data[0] = gsetTag
		for v := range 1 << (8 * n) {
			for i := range n {
				data[1+i] = byte(v >> (8 * i))
			}
			s, err := factory.Decode(data)
			if err != nil {
				continue
			}
			accepted++
			if again, err := s.AppendBinary(nil); err != nil || !bytes.Equal(again, data) {
				t.Fatalf("% x decodes to %v, which is encoded as % x, %v", data, s, again, err)
			}
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d inputs are accepted", accepted)
	}
}

// TestAPageFitsACell climbs from random pages to ones with ever longer forms.
func TestAPageFitsACell(t *testing.T) {
	const proved = 267 // bytes, see gsetcodec.go
	if proved > MaxCell {
		t.Fatalf("a page may take %d bytes, over the limit of %d", proved, MaxCell)
	}
	r := rand.New(rand.NewPCG(1, 2))
	size := func(p *pages.Page) int { // in bits, less the tag and the fill
		var e gsetEncoder
		e.start(nil)
		e.page(p)
		first, last, _ := e.runs.Open()
		e.run(first, last)
		return e.w.Bits() - 8
	}
	longest := 0 // bits
	for range 20 {
		// Far from zero, where the first element takes most.
		p := pages.Single(1<<(pages.IDBits-4), 0)
		best := size(&p)
		for tries := 0; tries < 2000; tries++ {
			next := p
			for range 1 + r.IntN(4) {
				next.Words[r.IntN(4)] ^= 1 << r.IntN(64)
			}
			if next.Empty() {
				continue
			}
			if n := size(&next); n >= best {
				p, best = next, n
			}
		}
		longest = max(longest, best)
	}
	t.Logf("the longest form of a page that was found has %d bytes", (longest+7)/8+1)
	if longest > 8*(proved-1) {
		t.Errorf("a page takes %d bits, more than was proved", longest)
	}
}

// TestDecodingBoundsMemory decodes the input that expands most for its length.
func TestDecodingBoundsMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	runs := func(from, step, length int64) *GSet {
		s := NewGSet(GenKey)
		filler := pages.NewFiller(&s.pages)
		for i := range int64(10_000) {
			first := uint64(from+i*step) ^ 1<<63
			filler.Fill(first, first+uint64(length)-1)
			s.count += uint64(length)
		}
		filler.Flush()
		s.hash.forget()
		return s
	}
	random := NewGSet(GenKey)
	for range 100_000 {
		random.Insert(int64(r.Uint64()))
	}
	shapes := map[string]*GSet{
		"consecutive":                                  runs(0, maxRun, maxRun),
		"the longest runs, one apart":                  runs(0, maxRun+1, maxRun),
		"almost the longest, one apart":                runs(0, maxRun, maxRun-1),
		"half the longest runs, one apart":             runs(0, maxRun/2+2, maxRun/2+1),
		"the longest runs, a page apart":               runs(255, maxRun+pages.Bits, maxRun),
		"one in a page":                                runs(0, pages.Bits, 1),
		"the last of a page and the first of the next": runs(255, 2*pages.Bits, 2),
		"random": random,
	}
	for name, whole := range shapes {
		data, err := whole.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := whole.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		_, room := s.pages.Room()
		memory, elements := room*40, s.Len()
		t.Logf("%s: %d bytes of input, %.1f bytes of memory and %.1f elements for each",
			name, len(data), float64(memory)/float64(len(data)), float64(elements)/float64(len(data)))
		if most := 732*len(data) + pages.BlockCap*40; memory > most {
			t.Errorf("%s: %d bytes of input take %d bytes of memory, want at most %d", name, len(data), memory, most)
		}
		if most := 4681 * len(data); elements > most {
			t.Errorf("%s: %d bytes of input yield %d elements, want at most %d", name, len(data), elements, most)
		}
	}
}

func TestCodecDoesNotAllocateMoreThanItsResult(t *testing.T) {
	s := NewGSet(GenKey, slices.Concat(ints(0, 100), ints(1000, 1010), []int64{math.MaxInt64})...)
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	room := make([]byte, 0, len(b)+8)
	if got := testing.AllocsPerRun(100, func() { s.AppendBinary(room) }); got != 0 {
		t.Errorf("AppendBinary with room to append to allocates %v times", got)
	}
	// The set, and two or three blocks as they grow.
	if got := testing.AllocsPerRun(100, func() { s.Decode(b) }); got > 10 {
		t.Errorf("Decode allocates %v times", got)
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
