package crdt

import (
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
			return formVector(t, d, s, withContent(s))
		case "refuse":
			return refusal(t, d, s)
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
