package crdt

import (
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
			return formVector(t, d, c, withContent(c))
		case "refuse":
			return refusal(t, d, c)
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
