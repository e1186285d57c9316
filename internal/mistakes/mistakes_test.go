package mistakes

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
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

const preamble = `# Mistakes that the simulator catches

Each of these mistakes is planted into the source by replacing one snippet of it, which
internal/mistakes/mistake_test.go has beside the right one. Then schedules are drawn from
seeds 1, 2, ... until an invariant does not hold; that must happen within a thousand.
This file is written by

    go test ./internal/mistakes -run TestMistakes -rewrite

Without -rewrite the test plays each mistake's seed alone, with the mistake, which must be
caught, and without it.

| mistake | what is wrong | seed | what does not hold |
|---|---|---|---|
`

// uncaught are mistakes that no invariant tells yet from bad luck.
const uncaught = `
Not caught yet, though tried with a hundred seeds or more: a hub that has nothing to
scatter and does not answer a gather; one that tells nobody what it learned in a repair, or does
not announce it; sketches with what is pending in them; news that is said back by
somebody who has told nobody, or dropped with a view; a probe that is drawn to go to
oneself and counts as proof; too little room for the ids that a repair asks for. No run has
gone beyond what is allowed because of them.
`

// TestMistakes plants every mistake and requires that the simulator catches it, where
// it finds nothing without the mistake.
func TestMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a build of the simulator")
	}
	known := reported(t)
	bins, all := plant(t, mistakes)
	rows := make([]string, len(mistakes))
	ok := t.Run("each", func(t *testing.T) {
		for i, m := range mistakes {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				first, last := known[m.name], known[m.name]
				switch {
				case *rewrite:
					first, last = 1, seeds
				case first == 0:
					t.Fatalf("%s has no seed for it (-rewrite hunts for one)", report)
				}
				c := hunt(t, bins[i], i+1, first, last)
				if c.Invariant == "" {
					t.Fatalf("not caught by seeds %d to %d", first, last)
				}
				t.Logf("seed %d: %s: %.300s", c.Seed, c.Invariant, c.What)
				rows[i] = fmt.Sprintf("| %s | %s | %d | %s |\n", m.name, m.is, c.Seed, c.Invariant)
				if c := hunt(t, all, 0, c.Seed, c.Seed); c.Invariant != "" {
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
		write(t, report, []byte(doc))
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

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// hunt plays the schedules of some seeds with a mistake, given by its number, or with none
// if that is 0, until one of them finds it.
func hunt(t *testing.T, bin string, number int, first, last uint64) (c catch) {
	t.Helper()
	cmd := exec.Command(bin, fmt.Sprint(first), fmt.Sprint(last))
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", mistakeVar, number))
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
