package nemesis

import (
	"math"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// A Spell is a fault that was in force for a while, as a history tells of it.
type Spell struct {
	Kind   Fault
	Target string   // which part of the nodes, or how the network was cut; "" if that means nothing
	Grudge Grudge   // of a partition; nil of other faults
	Nodes  []string // that were killed or paused

	struck bool // the history tells what a kill or a pause did

	// On the history's clock. To is Forever if the fault was in force when the test ended.
	From, To time.Duration
}

// Idle says of a fault, its subject, that it did nothing to anything: a partition that cut no message path, a kill or
// pause that hit no node. With three nodes there are such, since fewer than a third of them are none.
// "" if it did something, or if the history does not tell.
func (s *Spell) Idle() string {
	switch {
	case s.Kind == Partition && s.Grudge != nil && s.Grudge.cuts() == 0:
		return "cut no message path"
	case (s.Kind == Kill || s.Kind == Pause) && s.struck && len(s.Nodes) == 0:
		return "hit no node"
	}
	return ""
}

// Forever is the end of a fault that was in force when the test ended.
const Forever = time.Duration(math.MaxInt64)

// Spells returns the faults that a history tells of, in the order in which they began. The nemesis notes each of
// its operations twice, as it begins and when it has taken effect. A fault is in force from the first
// entry of its beginning to the second of its end.
func Spells(h *history.History) []*Spell {
	var all []*Spell
	entries := make(map[string]int)
	for op := range h.All() {
		if op.Process != history.Nemesis {
			continue
		}
		entries[op.F]++
		kind, begins := changed(op.F)
		first := entries[op.F]%2 == 1
		if begins && first {
			target, _ := op.Value.(edn.Keyword)
			all = append(all, &Spell{Kind: kind, Target: string(target), From: op.Time, To: Forever})
			continue
		}
		for _, s := range slices.Backward(all) {
			if s.Kind != kind || s.To != Forever {
				continue
			}
			if begins {
				s.hit(op.Value)
			} else if !first {
				s.To = op.Time
			}
			break
		}
	}
	return all
}

// changed tells which fault an operation of the nemesis begins or ends.
func changed(f string) (kind Fault, begins bool) {
	switch Act(f) {
	case KillProcess, SuspendProcess:
		return Fault(f), true
	case StartProcess:
		return Kill, false
	case ResumeProcess:
		return Pause, false
	}
	if kind, ok := strings.CutPrefix(f, "stop-"); ok {
		return Fault(kind), false
	}
	return Fault(strings.TrimPrefix(f, "start-")), true
}

// hit notes what a fault did.
func (s *Spell) hit(value any) {
	switch value := value.(type) {
	case edn.Vector: // of a partition
		if len(value) == 2 {
			s.Grudge, _ = value[1].(Grudge)
		}
	case edn.Map: // what became of each node
		s.struck = true
		for _, pair := range value {
			node, _ := pair[0].(string)
			if outcome, _ := pair[1].(edn.Keyword); outcome == "killed" || outcome == "paused" {
				s.Nodes = append(s.Nodes, node)
			}
		}
	}
}
