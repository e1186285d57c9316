package mistakes

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gset/internal/plant"
)

// catch is what hunt prints.
type catch struct {
	Seed      uint64
	Invariant string
	What      string
}

const root = "../.."

// seeds is within how many a mistake must be caught.
const seeds = 1000

var rewrite = flag.Bool("rewrite", false, "write docs/MISTAKES.md instead of comparing it")

const report = root + "/docs/MISTAKES.md"

const preamble = `# Planted mistakes, and what catches them

Each of these mistakes is planted into the source by replacing a snippet of it or two, which
internal/mistakes has beside the right ones: into the protocol and the lattices, into the store, and into what a
simulated node does with its store. Either the simulator catches it: schedules are drawn from
seeds 1, 2, ... until an invariant does not hold, which must happen within a thousand. Or a
test of internal/mistakes does, which is named for the promise that the mistake breaks.
This file is written by

    go test ./internal/mistakes -run TestMistakes -rewrite

Without -rewrite the test plays each mistake's seed alone, with the mistake, which must be
caught, and without it. Either way it runs the tests named here with their mistakes, which must
fail; without the mistakes they are run as all tests are.

| mistake | what is wrong | seed | what does not hold |
|---|---|---|---|
`

// TestMistakes plants every mistake and requires that the simulator or a named test catches it, and
// that the simulator finds nothing without the mistake.
func TestMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a build of the simulator")
	}
	known := reported(t)
	programs := build(t)
	rows := make([]string, len(mistakes))
	ok := t.Run("each", func(t *testing.T) {
		for i, m := range mistakes {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				if m.promise != "" {
					programs.mustFail(t, i+1, m.promise)
					rows[i] = fmt.Sprintf("| %s | %s | | %s |\n", m.name, m.is, m.promise)
					return
				}
				first, last := known[m.name], known[m.name]
				switch {
				case *rewrite:
					first, last = 1, seeds
				case first == 0:
					t.Fatalf("%s has no seed for it (-rewrite hunts for one)", report)
				}
				c := programs.hunt(t, i+1, first, last)
				if c.Invariant == "" {
					t.Fatalf("not caught by seeds %d to %d", first, last)
				}
				t.Logf("seed %d: %s: %.300s", c.Seed, c.Invariant, c.What)
				rows[i] = fmt.Sprintf("| %s | %s | %d | %s |\n", m.name, m.is, c.Seed, c.Invariant)
				if c := programs.hunt(t, 0, c.Seed, c.Seed); c.Invariant != "" {
					t.Errorf("seed %d without the mistake: %s: %.300s", c.Seed, c.Invariant, c.What)
				}
			})
		}
	})
	if !ok || slices.Contains(rows, "") {
		return // some failed, or were not asked for
	}
	doc := preamble + strings.Join(rows, "") + uncaught
	if *rewrite {
		if err := os.WriteFile(report, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(report); err != nil {
		t.Fatal(err)
	} else if doc != string(want) {
		t.Errorf("%s is not what came of it (-rewrite writes it anew):\n%s", report, doc)
	}
}

// reported returns the seeds in docs/MISTAKES.md, by the mistakes' names.
func reported(t *testing.T) map[string]uint64 {
	t.Helper()
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]uint64{}
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			if seed, err := strconv.ParseUint(cells[2], 10, 64); err == nil {
				known[strings.TrimPrefix(cells[0], "| ")] = seed
			}
		}
	}
	return known
}

// programs have all mistakes in them.
type programs struct {
	hunter string // plays schedules
	tests  string // this package's, "" if no mistake names one
}

func build(t *testing.T) (p programs) {
	t.Helper()
	changes := make([]plant.Change, len(mistakes))
	promises := false
	for i, m := range mistakes {
		changes[i] = plant.Change{Name: m.name, Edits: m.edits}
		promises = promises || m.promise != ""
	}
	overlay, err := plant.New(t.TempDir(), root, changes)
	if err != nil {
		t.Fatal(err)
	}
	if p.hunter, err = overlay.Build("./internal/mistakes/testdata/hunt"); err != nil {
		t.Fatal(err)
	}
	if promises {
		if p.tests, err = overlay.BuildTest("./internal/mistakes"); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// command is a program with a mistake in it, given by its number, or with none if that is 0.
func command(number int, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", plant.Variable, number))
	return cmd
}

// hunt plays the schedules of some seeds with a mistake until one of them finds it.
func (p programs) hunt(t *testing.T, number int, first, last uint64) (c catch) {
	t.Helper()
	cmd := command(number, p.hunter, fmt.Sprint(first), fmt.Sprint(last))
	// Hunt ends when this closes, should the test be ended from outside.
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return c
}

// mustFail runs a test of this package with a mistake.
func (p programs) mustFail(t *testing.T, number int, test string) {
	t.Helper()
	out, err := command(number, p.tests, "-test.timeout=60s", "-test.run=^"+test+"$").CombinedOutput()
	if exit := new(exec.ExitError); !errors.As(err, &exit) {
		t.Fatalf("%s does not fail: %v\n%s", test, err, out)
	}
	t.Logf("%.600s", out)
	if !bytes.Contains(out, []byte("--- FAIL: "+test)) {
		t.Fatalf("%s does not fail by itself:\n%s", test, out)
	}
}
