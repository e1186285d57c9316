package checker

import (
	"gset/internal/bench/edn"
)

// Validity is a verdict.
type Validity int

// The verdicts. A test is as valid as the worst of its checkers finds it:
// invalid is worse than unknown, unknown worse than valid.
const (
	Valid Validity = iota
	Unknown
	Invalid
)

func (v Validity) String() string { return [...]string{"valid", "unknown", "invalid"}[v] }

// ExitStatus is the exit status of a test with this verdict: 0 if it is valid,
// 1 if invalid, 2 if unknown.
func (v Validity) ExitStatus() int { return [...]int{0, 2, 1}[v] }

// Worst combines verdicts.
func Worst(verdicts ...Validity) Validity {
	w := Valid
	for _, v := range verdicts {
		w = max(w, v)
	}
	return w
}

// validIf makes a verdict of a fact.
func validIf(ok bool) Validity {
	if ok {
		return Valid
	}
	return Invalid
}

// AppendEDN writes true, :unknown or false.
func (v Validity) AppendEDN(dst []byte) []byte {
	return append(dst, [...]string{"true", ":unknown", "false"}[v]...)
}

// Result is a workload's verdict. Its dynamic type is that of the
// workload: *[Set] for broadcast and g-set, *[Counter] for
// g-counter and pn-counter, *[UniqueIDs] for unique-ids, *[Echo] for echo.
type Result interface {
	// Validity is the verdict of Maelstrom's checker.
	Validity() Validity
	// EDN is what Maelstrom's checker returns.
	EDN() edn.Map

	// Objections are sentences about what Maelstrom's checker does not see. A test that is
	// to be judged strictly is invalid if there are any.
	Objections() []string
	// Own is what this checker found besides, for results.edn.
	Own() edn.Map
}
