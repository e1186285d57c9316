package ablation

import (
	"cmp"
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

// luck is how often everything is measured with all rules, each time with other random numbers.
const luck = 4

// control returns a change that has replicas draw other random numbers, and changes no rule.
func control(i int) plant.Change {
	return plant.Change{Name: fmt.Sprintf("control %d", i), Edits: []plant.Edit{{
		File: "replica/replica.go", Right: `"%x %d %s"`, Wrong: fmt.Sprintf(`"%%x %%d %%s %d"`, i),
	}}}
}

// TestRules takes every rule out and prints the figures that this changes: beyond four standard
// deviations of what other random numbers change, and by more than 3%. Without -measure it sees to it
// that all rules can be taken out.
//
//	go test ./internal/ablation -run TestRules -v -measure -timeout 2h
//	go test ./internal/ablation -run 'TestRules/overlap$' -v -measure
func TestRules(t *testing.T) {
	b := build(t)
	for i, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if *measured {
				t.Log(b.differences(t, luck+i, r))
			}
		})
	}
}

// bench has the programs with all changes in them, and what they measure with all rules.
type bench struct {
	programs map[string]string
	usual    map[string]func() map[string]norm // by measure
}

// norm is a figure with all rules.
type norm struct{ mean, deviation float64 }

func build(t *testing.T) *bench {
	t.Helper()
	var changes []plant.Change
	for i := 1; i < luck; i++ {
		changes = append(changes, control(i))
	}
	for _, r := range rules {
		changes = append(changes, plant.Change{Name: r.name, Edits: r.edits})
	}
	overlay, err := plant.New(t.TempDir(), root, changes)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{map[string]string{}, map[string]func() map[string]norm{}}
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
	for _, r := range rules {
		for _, name := range r.measures {
			b.usual[name] = sync.OnceValue(func() map[string]norm { return b.norms(t, name) })
		}
	}
	return b
}

// norms measures with all rules.
func (b *bench) norms(t *testing.T, name string) map[string]norm {
	var all [luck]map[string]float64
	for i := range all {
		all[i] = b.measure(t, i, name)
	}
	norms := map[string]norm{}
	for figure := range all[0] {
		var n norm
		for _, figures := range all {
			n.mean += figures[figure] / luck
		}
		for _, figures := range all {
			n.deviation += (figures[figure] - n.mean) * (figures[figure] - n.mean) / (luck - 1)
		}
		n.deviation = math.Sqrt(n.deviation)
		norms[figure] = n
	}
	return norms
}

// change is a figure without a rule.
type change struct {
	figure string
	usual  norm
	now    float64
}

// by is the share by which the figure has become worse.
func (c change) by() float64 { return (c.now - c.usual.mean) / max(math.Abs(c.usual.mean), 1e-3) }

func (c change) matters() bool {
	return math.Abs(c.now-c.usual.mean) > 4*c.usual.deviation && math.Abs(c.by()) > 0.03
}

// differences measures a rule.
func (b *bench) differences(t *testing.T, number int, r rule) string {
	t.Helper()
	var worse, better []change
	count := 0
	for _, name := range r.measures {
		without := b.measure(t, number, name)
		for figure, n := range b.usual[name]() {
			count++
			now, ok := without[figure]
			if !ok {
				now = math.Inf(1)
			}
			switch c := (change{figure, n, now}); {
			case !c.matters():
			case c.by() > 0:
				worse = append(worse, c)
			default:
				better = append(better, c)
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: of %d figures %d are worse, %d better", r.name, count, len(worse), len(better))
	for _, some := range [][]change{worse, better} {
		slices.SortFunc(some, func(a, b change) int {
			return cmp.Or(cmp.Compare(math.Abs(b.by()), math.Abs(a.by())), strings.Compare(a.figure, b.figure))
		})
		for _, c := range some[:min(len(some), *most)] {
			fmt.Fprintf(&text, "\n    %9.4g -> %9.4g  %+7.0f%%  %s", c.usual.mean, c.now, 100*c.by(), c.figure)
		}
	}
	return text.String()
}

// hardships are names of measures, and which of TestHardships they are.
var hardships = map[string]string{
	"dead hub":     "dead_hub",
	"intransitive": "intransitive",
	"poisoned":     "poisoned",
	"cut off":      "five_minutes_apart:_1_of_25",
	"heal":         "heal:.*0_in_common,_latency_100ms",
	"joiner":       "joiner",
	"lists":        "lists_of_members.*/lack",
	"members":      "rolling_change_of_members:_25",
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
	parse(strings.Split(string(out), "\n"), figures)
	if len(figures) == 0 {
		t.Errorf("%s: %v\n%.2000s", name, err, out)
	}
	return figures
}

func parseMeasure(lines []string, figures map[string]float64) {
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, "\t"); ok {
			if x, err := strconv.ParseFloat(value, 64); err == nil {
				figures[name] = x
			}
		}
	}
}

var figureLine = regexp.MustCompile(`figures_test.go:\d+: (.{27}) (.*?) *\[`)

// parseFigures reads the rows of TestFigures.
func parseFigures(lines []string, figures map[string]float64) {
	columns := []string{"msgs/op", "median", "p95", "p99", "max", "worst", "heal", "bytes"}
	for _, line := range lines {
		m := figureLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for i, field := range strings.Fields(m[2]) {
			if x, err := strconv.ParseFloat(field, 64); err == nil && i < len(columns) {
				figures[strings.TrimSpace(m[1])+": "+columns[i]] = x
			}
		}
	}
}

var (
	hardshipHead = regexp.MustCompile(`_test.go:\d+: (.*) \(seeds `)
	hardshipLine = regexp.MustCompile(`^ {4,}(.{44}) +(\S+)( +\S+)?`)
)

// parseHardships reads the lines of TestHardships: the worst seed of each.
func parseHardships(lines []string, figures map[string]float64) {
	name := ""
	for _, line := range lines {
		if m := hardshipHead.FindStringSubmatch(line); m != nil {
			name = m[1]
			continue
		}
		m := hardshipLine.FindStringSubmatch(line)
		if m == nil || name == "" {
			continue
		}
		for _, value := range []string{strings.TrimSpace(m[3]), m[2]} {
			x, err := strconv.ParseFloat(value, 64)
			if value == "never" {
				x, err = math.Inf(1), nil
			}
			if err == nil {
				figures[name+": "+strings.TrimSpace(m[1])] = x
				break
			}
		}
	}
}
