package sim

// Phase says where a pair stands to the fault of its trial.
type Phase int

const (
	// Before: made, and with time to spare for an interval and two hops, before the fault began.
	Before Phase = iota

	// Struck: could have got there before the fault, or during it, but was under way as it
	// began, by the protocol's own rules. An update that waits to be told together
	// with others may be cut off with its maker.
	Struck

	// During: could have got there while the fault lasted.
	During

	// Healed: made in time to get there before the end of the fault, and could not.
	Healed

	// Later: made when there was no time left for the fault to matter.
	Later
)

var phaseNames = [...]string{"before", "as it strikes", "while it lasts", "after the heal", "later on"}

func (p Phase) String() string { return phaseNames[p] }

// phase returns that of a pair in a plight.
func (p plight) phase(pair Pair) Phase {
	const usual = TrialInterval + 2*TrialHop
	switch {
	case p.until == 0:
		return Before
	case pair.Made+TrialHop >= p.until:
		return Later
	case pair.Earliest >= p.until && !pair.Lost: // what is lost, is lost before
		return Healed
	case pair.Made < p.from-usual:
		return Before
	case pair.Made < p.from:
		return Struck
	default:
		return During
	}
}
