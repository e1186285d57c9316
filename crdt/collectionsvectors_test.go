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

// TestCollectionsVectors holds the binary form, digests and cells of Collections against
// ../testdata/collections.txt.
func TestCollectionsVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/collections.txt", func(t *testing.T, d *datadriven.TestData) string {
		c := NewCollections(argKey(t, d))
		switch d.Cmd {
		case "collections":
			for line := range strings.Lines(d.Input) {
				addVector(t, d, c, line)
			}
			return collectionsVector(t, d, c)
		case "refuse":
			data, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if _, err = c.Decode(data); err == nil {
				d.Fatalf(t, "they are collections")
			}
			return err.Error() + "\n"
		}
		d.Fatalf(t, "unknown command")
		return ""
	})
}

// addVector adds an element, `name: "element"`, or an entry, `name: n1/7 12 5`.
func addVector(t *testing.T, d *datadriven.TestData, c *Collections, line string) {
	name, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
	if rest[0] == '"' {
		if _, err := c.Insert(name, parseElement(t, d, rest)); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return
	}
	fields := strings.Fields(rest)
	up, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	down, err := strconv.ParseUint(fields[2], 10, 64)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	if err := c.Raise(name, parseOrigin(t, fields[0]), Balance{up, down}); err != nil {
		d.Fatalf(t, "%v", err)
	}
}

// collectionsVector shows the binary form, the digest and the cells, each with what is in it.
func collectionsVector(t *testing.T, d *datadriven.TestData, c *Collections) string {
	b, err := c.AppendBinary(nil)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	if read, err := c.Decode(b); err != nil || read.Digest() != c.Digest() {
		d.Fatalf(t, "% x is read as %v, %v", b, read, err)
	}
	var out strings.Builder
	for line := range slices.Chunk(b, 32) {
		fmt.Fprintf(&out, "% x\n", line)
	}
	out.WriteString(c.Digest().digits())
	for cell := range c.Cells(0) {
		fmt.Fprintf(&out, "cell %016x hash %s %v\n", uint64(cell.ID), cell.Hash.digits(), c.Extract([]CellID{cell.ID}))
	}
	return out.String()
}
