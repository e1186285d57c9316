package ordeal

import (
	"fmt"
	"slices"
	"time"
)

// levels are samples of what the members' processes take.
type levels struct {
	began, last time.Time
	all         map[string][]sample // by member
}

// sample is what a process takes at a time.
type sample struct {
	at                time.Duration // since the trial began
	resident, state   float64       // bytes: of the process, and of elements and counters
	goroutines, files float64
}

// sampled are the metrics of a sample.
var sampled = []string{"gset_memory_resident_bytes", "gset_memory_used_bytes", "go_goroutines", "process_open_fds"}

// sample takes a sample of each member that is up, unless the last one is too recent.
func (v *levels) sample(c *cluster, every time.Duration) {
	c.t.Helper()
	if time.Since(v.last) < every {
		return
	}
	v.last = time.Now()
	for _, m := range c.up() {
		values, err := m.metrics()
		if err != nil {
			c.t.Fatal(err)
		}
		var found []float64
		for _, name := range sampled {
			value, ok := values[name]
			if !ok {
				c.t.Fatalf("%s has no metric %s", m.name, name)
			}
			found = append(found, value)
		}
		v.all[m.name] = append(v.all[m.name], sample{at: v.last.Sub(v.began),
			resident: found[0], state: found[1], goroutines: found[2], files: found[3]})
	}
}

// third is the medians of the samples of a third of the trial, and the most that one of them took.
type third struct {
	samples                                  int
	resident, state, goroutines, files       float64
	mostResident, mostGoroutines, mostOpened float64
}

func (t third) String() string {
	return fmt.Sprintf("%d samples: %.1f MB resident (at most %.1f), of them %.1f of the state; %.0f goroutines (%.0f); %.0f descriptors (%.0f)",
		t.samples, t.resident/1e6, t.mostResident/1e6, t.state/1e6, t.goroutines, t.mostGoroutines, t.files, t.mostOpened)
}

// thirds returns those of a member, after a tenth of the trial to warm up.
func (v *levels) thirds(name string) (thirds [3]third) {
	all := v.all[name]
	if len(all) == 0 {
		return thirds
	}
	end := all[len(all)-1].at + 1
	warm := end / 10
	for i := range thirds {
		from, to := warm+(end-warm)*time.Duration(i)/3, warm+(end-warm)*time.Duration(i+1)/3
		within := slices.DeleteFunc(slices.Clone(all), func(s sample) bool { return s.at < from || s.at >= to })
		if len(within) == 0 {
			continue
		}
		of := func(value func(sample) float64) (median, most float64) {
			values := make([]float64, 0, len(within))
			for _, s := range within {
				values = append(values, value(s))
			}
			slices.Sort(values)
			return values[len(values)/2], values[len(values)-1]
		}
		t := third{samples: len(within)}
		t.resident, t.mostResident = of(func(s sample) float64 { return s.resident })
		t.state, _ = of(func(s sample) float64 { return s.state })
		t.goroutines, t.mostGoroutines = of(func(s sample) float64 { return s.goroutines })
		t.files, t.mostOpened = of(func(s sample) float64 { return s.files })
		thirds[i] = t
	}
	return thirds
}

// What a process may take more in the last third than in the first, besides what it holds more: half as much again as
// that, as docs/OPERATING.md has operators plan, and this much.
const (
	perByte       = 1.5
	slackBytes    = 16 << 20
	slackRoutines = 10
	slackFiles    = 10
)

// grown returns what a member takes more in the last third of the trial than in the first and its elements do not explain.
func (v *levels) grown(name string) (grown []string) {
	thirds := v.thirds(name)
	first, last := thirds[0], thirds[2]
	if most := first.resident + perByte*(last.state-first.state) + slackBytes; last.resident > most {
		grown = append(grown, fmt.Sprintf("%.1f MB resident, more than %.1f", last.resident/1e6, most/1e6))
	}
	if last.goroutines > first.goroutines+slackRoutines {
		grown = append(grown, fmt.Sprintf("%.0f goroutines after %.0f", last.goroutines, first.goroutines))
	}
	if last.files > first.files+slackFiles {
		grown = append(grown, fmt.Sprintf("%.0f descriptors after %.0f", last.files, first.files))
	}
	return grown
}
