package checker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// UniqueIDs is the verdict on a unique-ids test (the semantics of Jepsen's unique-ids): it is
// valid if no id was acknowledged twice.
type UniqueIDs struct {
	Attempted    int
	Acknowledged int
	Duplicated   map[history.ID]int // how often those ids were acknowledged that were so more than once
	Least        history.ID         // numbers by value, before all other ids; "" if there are no ids
	Greatest     history.ID
}

// CheckUniqueIDs judges a history of operations generate, whose values are ids.
func CheckUniqueIDs(h *history.History) *UniqueIDs {
	r := &UniqueIDs{Duplicated: map[history.ID]int{}}
	times := map[history.ID]int{}
	for op := range h.All() {
		switch {
		case op.F != "generate":
		case op.Type == history.Invoke:
			r.Attempted++
		case op.Type == history.OK:
			id := op.Value.(history.ID)
			r.Acknowledged++
			if times[id]++; times[id] > 1 {
				r.Duplicated[id] = times[id]
			}
			if r.Least == "" || compareIDs(id, r.Least) < 0 {
				r.Least = id
			}
			if r.Greatest == "" || compareIDs(id, r.Greatest) > 0 {
				r.Greatest = id
			}
		}
	}
	return r
}

func compareIDs(a, b history.ID) int { return compareElements(string(a), string(b)) }

// Validity implements [Result].
func (r *UniqueIDs) Validity() Validity { return validIf(len(r.Duplicated) == 0) }

// maxDuplicated is how many ids are written down, those acknowledged most often.
const maxDuplicated = 48

// EDN implements [Result].
func (r *UniqueIDs) EDN() edn.Map {
	worst := slices.SortedFunc(maps.Keys(r.Duplicated), func(a, b history.ID) int {
		return cmp.Or(cmp.Compare(r.Duplicated[b], r.Duplicated[a]), compareIDs(a, b))
	})
	worst = worst[:min(maxDuplicated, len(worst))]
	slices.SortFunc(worst, compareIDs)
	duplicated := edn.Map{}
	for _, id := range worst {
		duplicated = append(duplicated, edn.Pair{id, r.Duplicated[id]})
	}
	extremes := edn.Vector{nil, nil}
	if r.Acknowledged > 0 {
		extremes = edn.Vector{r.Least, r.Greatest}
	}
	return edn.Map{
		{edn.Keyword("valid?"), r.Validity()},
		{edn.Keyword("attempted-count"), r.Attempted},
		{edn.Keyword("acknowledged-count"), r.Acknowledged},
		{edn.Keyword("duplicated-count"), len(r.Duplicated)},
		{edn.Keyword("duplicated"), duplicated},
		{edn.Keyword("range"), extremes},
	}
}

// Objections implements [Result]: none.
func (r *UniqueIDs) Objections() []string { return nil }

// Own implements [Result]: nothing.
func (r *UniqueIDs) Own() edn.Map { return nil }

func (r *UniqueIDs) String() string {
	return fmt.Sprintf("%d of %d ids acknowledged, %d more than once", r.Acknowledged, r.Attempted, len(r.Duplicated))
}
