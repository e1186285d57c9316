package html

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"time"
)

// elementsData are the stable latencies of a set's elements, and what did not become stable.
type elementsData struct {
	Total     int        `json:"total"`
	Stable    int        `json:"stable"`
	Lost      int        `json:"lost"`
	NeverRead int        `json:"neverRead"`
	Quantiles []quantile `json:"quantiles"` // of all stable elements
	Slowest   []string   `json:"slowest"`   // the elements that took longest
	Fates     []string   `json:"fates"`

	// The elements drawn. Those that are lost or never read, and the slowest, come
	// before others where there is no room for all.
	Value   []string   `json:"value"`
	Known   []int64    `json:"known"`
	Latency []int64    `json:"latency"` // whole milliseconds, as the verdict has it
	Fate    []int      `json:"fate"`
	Missing []missedAt `json:"missing"`
}

type quantile struct {
	Q  float64 `json:"q"`
	MS int64   `json:"ms"`
}

type missedAt struct {
	Value string   `json:"value"`
	Nodes []string `json:"nodes"`
	More  int      `json:"more"` // nodes past those listed
}

// quantiles shown, as Maelstrom's results have them.
var quantilesShown = []float64{0, 0.5, 0.95, 0.99, 1}

func newElementsData(all []Element) *elementsData {
	d := &elementsData{Total: len(all), Fates: elementFateNames[:], Slowest: []string{}, Missing: []missedAt{}}
	var latencies []int64
	for i := range all {
		switch all[i].Fate {
		case Stable:
			d.Stable++
			latencies = append(latencies, all[i].Latency.Milliseconds())
		case Gone:
			d.Lost++
		default:
			d.NeverRead++
		}
	}
	d.Quantiles = quantilesOf(latencies)
	ranked := rank(all)
	for _, e := range ranked[:min(len(ranked), elementsShown)] {
		d.Value = append(d.Value, strconv.FormatInt(e.Value, 10))
		d.Known = append(d.Known, micros(e.Known))
		d.Latency = append(d.Latency, max(e.Latency, 0).Milliseconds())
		d.Fate = append(d.Fate, min(int(e.Fate), int(elementFates)-1))
		if n := len(e.MissingAt); n > 0 && len(d.Missing) < troublesShown {
			d.Missing = append(d.Missing, missedAt{strconv.FormatInt(e.Value, 10),
				cutAll(e.MissingAt, textShown, missingAtShown), max(0, n-missingAtShown)})
		}
	}
	for _, e := range ranked {
		if e.Fate == Stable && len(e.MissingAt) == 0 && len(d.Slowest) < 10 {
			d.Slowest = append(d.Slowest, strconv.FormatInt(e.Value, 10))
		}
	}
	return d
}

// quantilesOf sorts values and takes element floor(n*q), at most the last, as Jepsen does.
func quantilesOf(values []int64) []quantile {
	list := []quantile{}
	if len(values) == 0 {
		return list
	}
	slices.Sort(values)
	for _, q := range quantilesShown {
		at := min(int(float64(len(values))*q), len(values)-1)
		list = append(list, quantile{q, values[at]})
	}
	return list
}

// rank orders elements by how much somebody will want to see them: those not stable,
// those that a node lacks, the slowest tenth of what is shown, then the others in an
// order that has nothing to do with their latency.
func rank(all []Element) []*Element {
	ranked := make([]*Element, len(all))
	for i := range all {
		ranked[i] = &all[i]
	}
	trouble := func(e *Element) int {
		switch {
		case e.Fate != Stable:
			return 0
		case len(e.MissingAt) > 0:
			return 1
		}
		return 2
	}
	slices.SortFunc(ranked, func(a, b *Element) int {
		return cmp.Or(cmp.Compare(trouble(a), trouble(b)), cmp.Compare(b.Latency, a.Latency), cmp.Compare(a.Value, b.Value))
	})
	if slowest := elementsShown / 10; len(ranked) > elementsShown {
		rest := ranked[slowest:]
		slices.SortStableFunc(rest, func(a, b *Element) int {
			return cmp.Or(cmp.Compare(trouble(a), trouble(b)), cmp.Compare(mix(uint64(a.Value)), mix(uint64(b.Value))))
		})
	}
	return ranked
}

// opsData are the operations over time, by outcome, and those that went wrong.
type opsData struct {
	Total    int64      `json:"total"`
	Series   seriesData `json:"series"`
	Troubles []trouble  `json:"troubles"`
	Trouble  int64      `json:"trouble"` // how many went wrong in all
	ByF      []fCount   `json:"byF"`
}

type trouble struct {
	Process int    `json:"process"`
	Node    string `json:"node"`
	F       string `json:"f"`
	Value   string `json:"value"`
	Invoked int64  `json:"invoked"`
	Took    int64  `json:"took"`
	Outcome string `json:"outcome"`
	Error   string `json:"error"`
}

type fCount struct {
	F      string  `json:"f"`
	Counts []int64 `json:"counts"` // by outcome
}

func newOpsData(ops iter.Seq[Operation]) *opsData {
	s := newSeries(int(outcomes))
	d := &opsData{Troubles: []trouble{}, ByF: []fCount{}}
	byF := newTable(maxTypes)
	for op := range ops {
		outcome := min(int(op.Outcome), int(outcomes)-1)
		d.Total++
		s.add(outcome, op.Invoked)
		i := byF.add(cut(op.F, textShown))
		if i == len(d.ByF) {
			d.ByF = append(d.ByF, fCount{byF.texts[i], make([]int64, outcomes)})
		}
		d.ByF[i].Counts[outcome]++
		if op.Outcome == OK {
			continue
		}
		d.Trouble++
		if len(d.Troubles) < troublesShown {
			d.Troubles = append(d.Troubles, newTrouble(&op, outcome))
		}
	}
	d.Series = seriesData{micros(s.width), outcomeNames[:], fill(s.counts)}
	slices.SortStableFunc(d.Troubles, func(a, b trouble) int { return cmp.Compare(a.Invoked, b.Invoked) })
	return d
}

func newTrouble(op *Operation, outcome int) trouble {
	return trouble{op.Process, cut(op.Node, textShown), cut(op.F, textShown), cut(op.Value, textShown),
		micros(op.Invoked), micros(max(op.Completed-op.Invoked, time.Duration(0))), outcomeNames[outcome], cut(op.Error, textShown)}
}
