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

// section returns a part of docs/PROTOCOL.md, from a heading to the next.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("docs/PROTOCOL.md has no heading %q", heading)
	}
	part, _, _ = strings.Cut(part, "\n##")
	return part
}

// TestTheSpecificationHasTheBounds holds the table of bounds in docs/PROTOCOL.md against the code, both ways.
func TestTheSpecificationHasTheBounds(t *testing.T) {
	want := map[string]string{
		"members on a list":              "65,536",
		"name":                           fmt.Sprint(MaxID, " bytes"),
		"echoes on a message":            fmt.Sprint(maxEchoes),
		"coded symbols":                  fmt.Sprint(riblt.MaxSketch),
		"cell of a delta in binary form": fmt.Sprint(crdt.MaxCell, " bytes"),
		"message":                        fmt.Sprintf("what the sender's configuration says, %d bytes or more; a receiver reads what its transport carries", MinMessage),
		"time":                           fmt.Sprint(uint64(Never/time.Microsecond), " us"),
	}
	if MaxMembers != 65536 {
		t.Errorf("MaxMembers is %d", MaxMembers)
	}
	got := map[string]string{}
	for line := range strings.Lines(section(t, "### 4.7 Bounds")) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) == 4 {
			got[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	delete(got, "")
	delete(got, "---")
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

// TestTheSpecificationHasOurConstants looks for the constants of the engine where docs/PROTOCOL.md describes it.
func TestTheSpecificationHasOurConstants(t *testing.T) {
	text := strings.Join(strings.Fields(section(t, "## 6. Our engine")), " ")
	for _, phrase := range []string{
		fmt.Sprintf("T is `Config.Interval` (%d ms)", DefaultInterval.Milliseconds()),
		fmt.Sprintf("R `Config.Probe` (%d s)", int(DefaultProbe.Seconds())),
		fmt.Sprintf("the mean is taken for %d s", int(initialRoundTrip.Seconds())),
		fmt.Sprintf("mean + max(4 deviations, %d ms)", clockGrain.Milliseconds()),
		fmt.Sprintf("leeway = mean/3, %d ms to T/4", (10 * clockGrain).Milliseconds()),
		fmt.Sprintf("T/%d after the one before it, and %v ms", unheardGathers, unheardGap.Seconds()*1000),
		fmt.Sprintf("fewer than %di updates did in the last i intervals, i = 1 to %d", eagerUpdates, eagerMemory),
		fmt.Sprintf("at most `Fanout` (%d) arcs", DefaultFanout),
		fmt.Sprintf("the %d at most who gathered within %dR and are not on the list", maxStrangers, strangerProbes),
		fmt.Sprintf("fewer than %d updates came in within 2R", eagerUpdates*eagerMemory),
		fmt.Sprintf("After T + timeout: %d strikes", silence),
		fmt.Sprintf("from %d strikes on, a gather of %d cells at most", maxStrikes, sample),
		fmt.Sprintf("an event sends %d messages of a repair at most", budgetMessages),
		fmt.Sprintf("after %d steps in vain", maxTries),
		fmt.Sprintf("a sketch has %d + %.1f · estimate symbols", riblt.SketchLen(0), float64(riblt.SketchLen(1000)-riblt.SketchLen(0))/1000),
	} {
		if !strings.Contains(text, phrase) {
			t.Errorf("section 6 does not say %q", phrase)
		}
	}
	if overlap != 2 || !strings.Contains(text, "repeats the updates of the two before it") {
		t.Errorf("section 6 does not say that a scatter repeats %d rounds", overlap)
	}
}
