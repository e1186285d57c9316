package crdt

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestKeySetVectors holds the binary form, digests and cells of KeySets against
// ../testdata/keyset.txt.
func TestKeySetVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/keyset.txt", func(t *testing.T, d *datadriven.TestData) string {
		s := NewKeySet(argKey(t, d))
		switch d.Cmd {
		case "keyset":
			for line := range strings.Lines(d.Input) {
				if _, err := s.Insert(parseElement(t, d, line)); err != nil {
					return err.Error() + "\n"
				}
			}
			return keySetVector(t, d, s)
		case "refuse":
			data, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if _, err = s.Decode(data); err == nil {
				d.Fatalf(t, "it is a set")
			}
			return err.Error() + "\n"
		}
		d.Fatalf(t, "unknown command")
		return ""
	})
}

// parseElement reads a quoted string, which may be repeated: "x" 128.
func parseElement(t *testing.T, d *datadriven.TestData, line string) []byte {
	quoted, times, repeated := strings.Cut(strings.TrimSpace(line), "\" ")
	if repeated {
		quoted += "\""
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		d.Fatalf(t, "%s: %v", quoted, err)
	}
	if repeated {
		n, err := strconv.Atoi(times)
		if err != nil {
			d.Fatalf(t, "%s: %v", line, err)
		}
		text = strings.Repeat(text, n)
	}
	return []byte(text)
}

// keySetVector shows the binary form, the digest and the cells, each with its elements.
func keySetVector(t *testing.T, d *datadriven.TestData, s *KeySet) string {
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
		fmt.Fprintf(&out, "cell %016x hash %s %v\n", uint64(cell.ID), cell.Hash.digits(), s.Extract([]CellID{cell.ID}))
	}
	return out.String()
}
