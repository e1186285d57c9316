package scale

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"gset/replica"
)

// page is docs/SCALE.md with every number left out.
//
//go:embed page.md.tmpl
var page string

// Page is docs/SCALE.md: what was measured, and what it says.
func (r Results) Page() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"count": Thousands,
		"n":     func(x int) string { return Thousands(float64(x)) },
		"one":   func(x float64) string { return fmt.Sprintf("%.1f", x) },
		"two":   func(x float64) string { return fmt.Sprintf("%.2f", x) },
		"four":  func(x float64) string { return fmt.Sprintf("%.4f", x) },
		"ms":    func(d time.Duration) string { return Thousands(millis(d)) },
		"s":     func(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) },
		"hops":  func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(Hop)) },
		"kB":    func(x float64) string { return fmt.Sprintf("%.1f", x/1000) },
		"pct":   func(x float64) string { return fmt.Sprintf("%.1f%%", 100*x) },
		"float": func(x int) float64 { return float64(x) },
		"fan":   fan,
	}).Parse(page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, view{Results: r}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// fan names a fanout.
func fan(fanout int) string {
	switch fanout {
	case Direct:
		return "direct"
	case replica.DefaultFanout:
		return fmt.Sprintf("**%d**", fanout)
	}
	return fmt.Sprint(fanout)
}

// view is what the page sees.
type view struct{ Results }

func (view) Interval() time.Duration { return Interval }
func (view) Probe() time.Duration    { return Probe }
func (view) Hop() time.Duration      { return Hop }
func (view) Fanout() int             { return replica.DefaultFanout }

// Thousand and Most are the clusters of 1,000 members and of the most, under load.
func (v view) Thousand() Steady { return v.Steady[len(v.Steady)-2] }
func (v view) Most() Steady     { return v.Steady[len(v.Steady)-1] }

// LeastMost is n-1 of the largest cluster.
func (v view) LeastMost() int { return v.Most().Nodes - 1 }

// PerMemberSecond is what a member of it sends a second, on average.
func (v view) PerMemberSecond() float64 { return v.Most().Sent / float64(v.Most().Nodes) }

// PerUpdateCost is how many times as many messages it would take to tell every update by itself.
func (v view) PerUpdateCost() float64 {
	return v.Most().Rate * float64(v.LeastMost()) / v.Most().Sent
}

// HubRoom is how many times as many messages its hub could receive, at 50,000 a second.
func (v view) HubRoom() float64 { return 50_000 / v.Most().HubReceived }

// MostHeal is the recovery of the largest.
func (v view) MostHeal() Heal { return v.Heal[len(v.Heal)-1] }

// Compared is the comparison of fanouts, a row each.
func (v view) Compared() (rows []compared) {
	for i, s := range v.Fanouts {
		rows = append(rows, compared{s, v.Slow[i]})
	}
	return rows
}

type compared struct{ Fast, Slow Steady }

// Fan is the largest cluster with a fanout, under load.
func (v view) Fan(fanout int) compared {
	for i, s := range v.Fanouts {
		if s.Fanout == fanout && s.Nodes == v.Most().Nodes {
			return compared{s, v.Slow[i]}
		}
	}
	panic(fmt.Sprintf("fanout %d was not measured", fanout))
}

// Failed are all failures, a row each.
func (v view) Failed() []Failures { return slices.Concat(v.One, v.Percent, v.Five) }

// FailedAt is the largest cluster at the default fanout, when a share of it failed.
func (v view) FailedAt(share float64) Failures {
	for _, f := range v.Failed() {
		if n := v.Most().Nodes; f.Nodes == n && f.Stopped == int(share*float64(n)) && f.Fanout == replica.DefaultFanout {
			return f
		}
	}
	panic(fmt.Sprintf("a failure of %v was not measured", share))
}

// Lack is how many members of the largest cluster an update does not reach in any of the three
// rounds that tell it, when a share of them failed.
func (v view) Lack(share float64) float64 {
	missed := 1 - math.Pow(1-share, float64(v.Most().Depth()-1))
	return float64(v.Most().Nodes) * math.Pow(missed, 3)
}

// Goal is a promise, and whether it was kept.
type goal struct{ What, Measured, Kept string }

// Goals holds the measurements against what was set out for.
func (v view) Goals() (goals []goal) {
	add := func(what string, kept bool, format string, args ...any) {
		verdict := "yes"
		if !kept {
			verdict = "**no**"
		}
		goals = append(goals, goal{what, fmt.Sprintf(format, args...), verdict})
	}
	var ratio, excess float64
	var burst int
	inTime := true
	var medians []string
	for _, s := range v.Steady {
		if s.Nodes <= v.Thousand().Nodes {
			ratio = max(ratio, s.Ratio)
		}
		burst = max(burst, s.Burst)
		excess = max(excess, millis(s.Median-s.Goal()))
		inTime = inTime && s.Median <= s.Goal()
		medians = append(medians, fmt.Sprintf("%.0f of %.0f", millis(s.Median), millis(s.Goal())))
	}
	most := v.Most()
	add(fmt.Sprintf("messages a round at most %v (m + n-1), up to 1,000 members", RatioGoal), ratio <= RatioGoal, "%.4f at most", ratio)
	add("median latency at most T/2 + 1 hop + 1 for each level of the tree", inTime, "%s ms", strings.Join(medians, ", "))
	add("bursts of fanout messages at most", burst <= replica.DefaultFanout, "%d", burst)
	add("10,000 members under 1,000 updates a second converge within 2 s of the last", most.Late >= 0 && most.Late <= 2*time.Second, "%.0f ms", millis(most.Late))
	return goals
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Thousands writes a number without its fraction, and with commas.
func Thousands(x float64) string {
	s := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
