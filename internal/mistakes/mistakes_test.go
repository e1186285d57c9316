package mistakes

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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

// TestMistakes plants every mistake and requires that the simulator catches it.
func TestMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a build of the simulator for every mistake")
	}
	rows := make([]string, len(mistakes))
	ok := t.Run("each", func(t *testing.T) {
		for i, m := range mistakes {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				c := hunt(t, build(t, m))
				if c.Invariant == "" {
					t.Fatalf("not caught by any of %d seeds", seeds)
				}
				t.Logf("seed %d: %s: %.300s", c.Seed, c.Invariant, c.What)
				rows[i] = fmt.Sprintf("| %s | %s | %d | %s |\n", m.name, m.is, c.Seed, c.Invariant)
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

// build builds hunt with a mistake in it and returns the binary. The source stays as it is:
// go build is told to read one file elsewhere.
func build(t *testing.T, m mistake) (bin string) {
	t.Helper()
	dir := t.TempDir()
	file, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.right); n != 1 {
		t.Fatalf("%s has this %d times, and not once:\n%s", m.file, n, m.right)
	}
	changed := filepath.Join(dir, "changed.go")
	write(t, changed, []byte(strings.Replace(string(source), m.right, m.wrong, 1)))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), overlay)
	bin = filepath.Join(dir, "hunt")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", bin, "./testdata/hunt")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func hunt(t *testing.T, bin string) (c catch) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, fmt.Sprint(seeds))
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
