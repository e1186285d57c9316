package riblt_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"gset/crdt"
	"gset/crdt/riblt"
)

// TestVectors holds items and the binary form of sketches against ../../testdata/sketch.txt,
// which is enough to check another implementation, or another machine. A change there is
// another format. It is written by
//
//	go test ./crdt/riblt -run TestVectors -rewrite
func TestVectors(t *testing.T) {
	datadriven.RunTest(t, "../../testdata/sketch.txt", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "items":
			return itemsVector(t, d)
		case "sketch":
			var n int
			d.ScanArgs(t, "n", &n)
			return dump(t, crdt.SketchOfCells(slices.Values(parseCells(t, d)), n))
		case "set":
			var size int64
			d.ScanArgs(t, "size", &size)
			key, n := keyAndLength(t, d)
			s := crdt.NewGSet(key)
			for x := range size {
				s.Insert(x)
			}
			return dump(t, s.Sketch(n))
		case "difference":
			return differenceVector(t, d)
		case "refuse":
			data, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if _, err = riblt.Decode(data); err == nil {
				d.Fatalf(t, "it is a sketch")
			}
			return err.Error() + "\n"
		}
		d.Fatalf(t, "unknown command")
		return ""
	})
}

func keyAndLength(t *testing.T, d *datadriven.TestData) (key crdt.Key, n int) {
	d.ScanArgs(t, "key", &key[0], &key[1])
	d.ScanArgs(t, "n", &n)
	return key, n
}

// parseCells reads cells, one a line: the id and the two words of the hash in hex.
func parseCells(t *testing.T, d *datadriven.TestData) (cells []crdt.Cell) {
	for line := range strings.Lines(d.Input) {
		var c crdt.Cell
		if _, err := fmt.Sscanf(line, "%x %x %x", &c.ID, &c.Hash.Hi, &c.Hash.Lo); err != nil {
			d.Fatalf(t, "%q: %v", line, err)
		}
		cells = append(cells, c)
	}
	return cells
}

func itemsVector(t *testing.T, d *datadriven.TestData) string {
	var out strings.Builder
	for _, c := range parseCells(t, d) {
		checksum, up, mapped := riblt.Drawn(c.Item())
		fmt.Fprintf(&out, "tag %06x checksum %06x signs %016b symbols %v\n", c.Item().Tag, checksum, up, mapped)
	}
	return out.String()
}

// differenceVector shows what is found out from the sketches of two sets, one a line: the
// estimate, how many coded symbols to send for it, and the items that so many decode to.
func differenceVector(t *testing.T, d *datadriven.TestData) string {
	key, n := keyAndLength(t, d)
	first, second, _ := strings.Cut(d.Input, "\n")
	a, b := parseSet(t, key, first).Sketch(n), parseSet(t, key, second).Sketch(n)
	var out strings.Builder
	estimate := a.Difference(b)
	fmt.Fprintf(&out, "estimate %d, to send %d\n", estimate, riblt.SketchLen(estimate))
	a.Subtract(b)
	items, complete, err := a.Peel()
	if err != nil || !complete {
		return out.String() + "too short\n"
	}
	slices.SortFunc(items, func(x, y riblt.Item) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Tag, y.Tag))
	})
	for _, it := range items {
		fmt.Fprintf(&out, "item %x tag %06x\n", it.ID, it.Tag)
	}
	return out.String()
}

// parseSet reads a set such as {-7 0..999 2000..3000/10}: a..b/c goes up in steps of c.
func parseSet(t *testing.T, key crdt.Key, text string) *crdt.GSet {
	s := crdt.NewGSet(key)
	for _, run := range strings.Fields(strings.Trim(strings.TrimSpace(text), "{}")) {
		var first, last, step int64
		n, _ := fmt.Sscanf(run, "%d..%d/%d", &first, &last, &step)
		if n == 0 {
			t.Fatalf("%q is no run of integers", run)
		}
		for x := first; x == first || x <= last; x += max(step, 1) {
			s.Insert(x)
		}
	}
	return s
}

// dump prints the binary form of a sketch in hex, or of a long one only the SHA-256.
func dump(t *testing.T, s *riblt.Sketch) string {
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 512 {
		return fmt.Sprintf("%d bytes with SHA-256 %x\n", len(b), sha256.Sum256(b))
	}
	var out strings.Builder
	for line := range slices.Chunk(b, 32) {
		fmt.Fprintf(&out, "%x\n", line)
	}
	return out.String()
}
