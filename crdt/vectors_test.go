package crdt

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// The vectors of docs/PROTOCOL.md that are this package's affair. A change in them is a
// change of the protocol. They are written by
//
//	go test ./crdt -run Vectors -rewrite

// argKey reads the key of a command, two words in hex: key=(0,fedcba9876543210).
func argKey(t *testing.T, d *datadriven.TestData) (key Key) {
	for _, arg := range d.CmdArgs {
		if arg.Key != "key" {
			d.Fatalf(t, "no argument %q", arg.Key)
		}
		for i := range key {
			var err error
			if key[i], err = strconv.ParseUint(arg.Vals[i], 16, 64); err != nil {
				d.Fatalf(t, "%v", err)
			}
		}
	}
	return key
}

// digits is all of a hash in hex.
func (h Hash) digits() string { return fmt.Sprintf("%016x%016x", h.Hi, h.Lo) }

func hashOfDigits(text string) (h Hash, err error) {
	_, err = fmt.Sscanf(text, "%16x%16x", &h.Hi, &h.Lo)
	return h, err
}

func (d Digest) digits() string {
	f := d.Fingerprint()
	return fmt.Sprintf("count %d hash %s fingerprint %x\n", d.Count, d.Hash.digits(), f[:])
}

// parseOrigin reads name/incarnation.
func parseOrigin(t *testing.T, text string) Origin {
	name, incarnation, _ := strings.Cut(text, "/")
	n, err := strconv.ParseUint(incarnation, 10, 64)
	if err != nil {
		t.Fatalf("origin %q: %v", text, err)
	}
	return Origin{name, n}
}

// TestHashVectors holds hashes against ../testdata/hash.txt.
func TestHashVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/hash.txt", func(t *testing.T, d *datadriven.TestData) string {
		key := argKey(t, d)
		var out strings.Builder
		switch d.Cmd {
		case "field":
			for line := range strings.Lines(d.Input) {
				a, errA := hashOfDigits(strings.Fields(line)[0])
				b, errB := hashOfDigits(strings.Fields(line)[2])
				if errA != nil || errB != nil {
					d.Fatalf(t, "%q: %v, %v", line, errA, errB)
				}
				var h Hash
				switch strings.Fields(line)[1] {
				case "+":
					h = a.Add(b)
				case "-":
					h = a.Sub(b)
				case "*":
					h = a.mul(b)
				}
				fmt.Fprintln(&out, h.digits())
			}
		case "points":
			for id := range strings.FieldsSeq(d.Input) {
				n, err := strconv.ParseUint(id, 16, 64)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				fmt.Fprintln(&out, key.point(CellID(n)).digits())
			}
		case "origins":
			for text := range strings.FieldsSeq(d.Input) {
				o := parseOrigin(t, text)
				fmt.Fprintf(&out, "point %s cell %010x\n", o.point(key).digits(), uint64(o.cell(key)))
			}
		case "set":
			s := NewGSet(key, parseSet(t, d.Input).Elements()...)
			for p := range s.pages.All() {
				fmt.Fprintf(&out, "page %014x words %016x %016x %016x %016x hash %s\n", p.ID,
					p.Words[0], p.Words[1], p.Words[2], p.Words[3], hashPage(key, p).digits())
			}
			out.WriteString(s.Digest().digits())
		default:
			d.Fatalf(t, "unknown command")
		}
		return out.String()
	})
}

// TestCounterVectors holds the binary form and the digests of counters against
// ../testdata/counter.txt.
func TestCounterVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/counter.txt", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "gcounter":
			return counterVector(t, d, NewGCounter(argKey(t, d)), func(c *GCounter, o Origin, counts []uint64) (*GCounter, error) {
				return c.Increment(o, counts[0])
			})
		case "pncounter":
			return counterVector(t, d, NewPNCounter(argKey(t, d)), func(c *PNCounter, o Origin, counts []uint64) (*PNCounter, error) {
				up, down := c.New(), c.New()
				err := errors.Join(
					c.tally.increment(&up.tally, o, 0, counts[0]),
					c.tally.increment(&down.tally, o, 1, counts[1]))
				up.Join(down)
				return up, err
			})
		case "refuse":
			return refusal(t, d, new(GCounter))
		}
		d.Fatalf(t, "unknown command")
		return ""
	})
}

// counterVector adds up the entries in the input, "n1/7 12" or "n1/7 12 5", and shows the
// binary form, the digest and the cells.
func counterVector[S Lattice[S]](t *testing.T, d *datadriven.TestData, c S, add func(S, Origin, []uint64) (S, error)) string {
	for line := range strings.Lines(d.Input) {
		var counts []uint64
		fields := strings.Fields(line)
		for _, text := range fields[1:] {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			counts = append(counts, n)
		}
		delta, err := add(c, parseOrigin(t, fields[0]), counts)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		c.Join(delta)
	}
	return formVector(t, d, c, func(cell Cell) string { return fmt.Sprintf("cell %010x hash %s", uint64(cell.ID), cell.Hash.digits()) })
}

// formVector shows the binary form, the digest and the cells of a state, after it has read the form back.
func formVector[S Lattice[S]](t *testing.T, d *datadriven.TestData, s S, show func(Cell) string) string {
	b, err := s.AppendBinary(nil)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	if read, err := s.Decode(b); err != nil || read.Digest() != s.Digest() {
		d.Fatalf(t, "% x is read as %v, %v", b, read, err)
	}
	var out strings.Builder
	for line := range slices.Chunk(b, 32) {
		fmt.Fprintf(&out, "% x\n", line)
	}
	out.WriteString(s.Digest().digits())
	for cell := range s.Cells(0) {
		fmt.Fprintln(&out, show(cell))
	}
	return out.String()
}

// withContent shows a cell with what is in it.
func withContent[S Lattice[S]](s S) func(Cell) string {
	return func(cell Cell) string {
		return fmt.Sprintf("cell %016x hash %s %v", uint64(cell.ID), cell.Hash.digits(), s.Extract([]CellID{cell.ID}))
	}
}

// refusal shows the error of bytes, given in hex, that are no binary form of a state.
func refusal[S Lattice[S]](t *testing.T, d *datadriven.TestData, factory S) string {
	data, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	read, err := factory.Decode(data)
	if err == nil {
		d.Fatalf(t, "it is read as %v", read)
	}
	return err.Error() + "\n"
}
