package ablation

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gset/internal/plant"
)

const root = "../.."

// rule is a rule of the engine, or a part of one, and a change that takes it out.
type rule struct {
	name     string
	edits    []plant.Edit
	measures []string // that concern it, by name
}

// rules are those of package replica, in the order of docs/RULES.md.
var rules = slices.Concat(gatherRules, scatterRules, suspicionRules, standInRules, repairRules)

var (
	measured = flag.Bool("measure", false, "measure what every rule is good for; else its change is only built")
	seeds    = flag.Int("seeds", 2, "how many seeds to measure the hardships with")
	most     = flag.Int("most", 12, "how many figures to print of a rule, those that have become worse most")
)

// TestRules takes every rule out and prints the figures that this changes by more than 3%: as they
// are, and without the rule. Without -measure it sees to it that all rules can be taken out.
//
//	go test ./internal/ablation -run TestRules -v -measure
//	go test ./internal/ablation -run 'TestRules/overlap' -v -measure
func TestRules(t *testing.T) {
	b := build(t)
	for i, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if *measured {
				t.Log(b.differences(t, i+1, r))
			}
		})
	}
}

// bench has the programs with all changes in them, and what they measure without any.
type bench struct {
	programs map[string]string
	mu       sync.Mutex
	usual    map[string]map[string]float64 // by measure
}

func build(t *testing.T) *bench {
	t.Helper()
	changes := make([]plant.Change, len(rules))
	for i, r := range rules {
		changes[i] = plant.Change{Name: r.name, Edits: r.edits}
	}
	overlay, err := plant.New(t.TempDir(), root, changes)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{map[string]string{}, sync.Mutex{}, map[string]map[string]float64{}}
	if b.programs["measure"], err = overlay.Build("./internal/ablation/testdata/measure"); err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"simnet", "hardship"} {
		if !*measured {
			break
		}
		if b.programs[pkg], err = overlay.BuildTest("./internal/" + pkg); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// differences measures a rule.
func (b *bench) differences(t *testing.T, number int, r rule) string {
	t.Helper()
	type change struct {
		line string
		by   float64
	}
	var all []change
	count := 0
	for _, name := range r.measures {
		usual, without := b.asUsual(t, name), b.measure(t, number, name)
		count += len(usual)
		for figure, old := range usual {
			now, ok := without[figure]
			if !ok {
				now = math.Inf(1)
			}
			by := (now - old) / max(math.Abs(old), 1e-3)
			if math.Abs(by) > 0.03 {
				all = append(all, change{fmt.Sprintf("%9.4g -> %9.4g  %+7.0f%%  %s", old, now, 100*by, figure), by})
			}
		}
	}
	worse := slices.IndexFunc(all, func(c change) bool { return c.by > 0 })
	slices.SortFunc(all, func(a, b change) int {
		switch {
		case a.by != b.by:
			return int(math.Copysign(1, b.by-a.by))
		default:
			return strings.Compare(a.line, b.line)
		}
	})
	better := 0
	for _, c := range all {
		if c.by < 0 {
			better++
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: of %d figures %d are worse, %d better", r.name, count, len(all)-better, better)
	for i, c := range all {
		if i < *most && worse >= 0 && c.by > 0 || i >= len(all)-*most/3 {
			text.WriteString("\n    " + c.line)
		}
	}
	return text.String()
}

// asUsual is a measure with all rules.
func (b *bench) asUsual(t *testing.T, name string) map[string]float64 {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.usual[name] == nil {
		b.usual[name] = b.measure(t, 0, name)
	}
	return b.usual[name]
}

// hardships are names of measures, and which of TestHardships they are.
var hardships = map[string]string{
	"dead hub":     "dead_hub",
	"intransitive": "intransitive",
	"poisoned":     "poisoned",
	"cut off":      "five_minutes_apart:_1_of_25",
	"heal":         "heal:.*0_in_common,_latency_100ms",
	"joiner":       "joiner",
	"members":      "rolling_change_of_members:_25|lists_of_members.*lack",
	"receive":      "Receive:_1000000",
}

// measure runs a measure without a rule, given by its number, or with all if that is 0.
func (b *bench) measure(t *testing.T, number int, name string) map[string]float64 {
	t.Helper()
	var program, dir string
	var args []string
	parse := parseFigures
	if hardship, ok := hardships[name]; ok {
		program, dir, parse = b.programs["hardship"], "hardship", parseHardships
		args = []string{"-test.run=^TestHardships$/of/" + hardship, "-test.v", fmt.Sprintf("-seeds=%d", *seeds)}
	} else if name == "figures" {
		program, dir = b.programs["simnet"], "simnet"
		args = []string{"-test.run=^TestFigures$", "-test.v", "-test.short"}
	} else {
		program, dir, args, parse = b.programs["measure"], "ablation", []string{name}, parseMeasure
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = filepath.Join(root, "internal", dir)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", plant.Variable, number))
	out, err := cmd.CombinedOutput()
	figures := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		parse(strings.TrimRight(line, "\n"), figures)
	}
	if len(figures) == 0 {
		t.Errorf("%s: %v\n%.2000s", name, err, out)
	}
	return figures
}

func parseMeasure(line string, figures map[string]float64) {
	if name, value, ok := strings.Cut(line, "\t"); ok {
		if x, err := strconv.ParseFloat(value, 64); err == nil {
			figures[name] = x
		}
	}
}

var figureLine = regexp.MustCompile(`figures_test.go:\d+: (.{27}) (.*?) *\[`)

// parseFigures reads a row of TestFigures.
func parseFigures(line string, figures map[string]float64) {
	m := figureLine.FindStringSubmatch(line)
	if m == nil {
		return
	}
	columns := []string{"msgs/op", "median", "p95", "p99", "max", "worst", "heal", "bytes"}
	for i, field := range strings.Fields(m[2]) {
		if x, err := strconv.ParseFloat(field, 64); err == nil && i < len(columns) {
			figures[strings.TrimSpace(m[1])+": "+columns[i]] = x
		}
	}
}

var hardshipLine = regexp.MustCompile(`^ {4,}(.{44}) +(\S+)( +\S+)?`)

var hardshipName string // of the lines that follow it

// parseHardships reads a line of TestHardships: its worst seed.
func parseHardships(line string, figures map[string]float64) {
	if at := strings.Index(line, " (seeds "); at > 0 {
		hardshipName = strings.TrimSpace(line[:at])
		if _, name, ok := strings.Cut(hardshipName, "_test.go:"); ok {
			_, hardshipName, _ = strings.Cut(name, ": ")
		}
		return
	}
	m := hardshipLine.FindStringSubmatch(line)
	if m == nil || hardshipName == "" {
		return
	}
	value := strings.TrimSpace(m[3])
	x, err := strconv.ParseFloat(value, 64)
	if value == "never" || m[2] == "never" {
		x, err = math.Inf(1), nil
	}
	if err != nil {
		x, err = strconv.ParseFloat(m[2], 64)
	}
	if err == nil {
		figures[hardshipName+": "+strings.TrimSpace(m[1])] = x
	}
}
