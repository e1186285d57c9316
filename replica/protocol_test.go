package replica

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// TestTheSpecificationHasTheConstants holds the table of constants in docs/PROTOCOL.md
// against the code, both ways.
func TestTheSpecificationHasTheConstants(t *testing.T) {
	text, err := os.ReadFile("../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## 5. Constants\n")
	table, _, _ = strings.Cut(table, "\n## ")
	got := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) == 8 {
			for _, i := range []int{1, 4} {
				got[strings.TrimSpace(cells[i])] = strings.TrimSpace(cells[i+1])
			}
		}
	}
	delete(got, "")
	delete(got, "---")
	sent := riblt.SketchLen(1000)
	want := map[string]string{
		"version":              fmt.Sprint(version),
		"greatest view":        power(maxView),
		"greatest time":        fmt.Sprint(uint64(maxMicros), " us"),
		"members at most":      fmt.Sprint(maxMembers),
		"fanout":               fmt.Sprint(DefaultFanout),
		"coded cells at most":  fmt.Sprint(riblt.MaxSketch),
		"name at most":         fmt.Sprint(crdt.MaxNode, " bytes"),
		"cell at most":         fmt.Sprint(crdt.MaxCell, " bytes"),
		"header, echo at most": fmt.Sprint(maxHeader, ", ", maxEcho, " bytes"),
		"least message limit":  fmt.Sprint(MinMessage, " bytes"),
		"greatest interval":    fmt.Sprint(int(MaxInterval/time.Hour), " h"),
		"tries, silent hub":    fmt.Sprint(silentTries),
		"tries, living hub":    fmt.Sprint(livingTries),
		"backoff at most":      fmt.Sprint(1<<maxBackoff, " timeouts"),
		"gathers unheard":      fmt.Sprint(unheardGathers),
		"first round trip":     initialRoundTrip.String(),
		"clock grain":          clockGrain.String(),
		"K":                    fmt.Sprint(loneNews, ", over ", loneMemory, "·T"),
		"overlap":              fmt.Sprint(overlap, " rounds"),
		"coded cells sent":     fmt.Sprint(riblt.SketchLen(0), " + ", float64(sent-2)/1000, "·D"),
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %s, the specification says %q", name, value, got[name])
		}
	}
	for name := range got {
		if want[name] == "" {
			t.Errorf("the specification has %q, and nobody checks it", name)
		}
	}
}

// power writes a power of two.
func power(n uint64) string {
	for i := range 64 {
		if n == 1<<i {
			return fmt.Sprint("2^", i)
		}
	}
	return fmt.Sprint(n)
}
