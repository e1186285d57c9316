package crdt

// estimator is the "tug-of-war" sketch of Alon, Matias and Szegedy (1996).
type estimator [signs]uint16

const (
	signs       = 16
	counterBits = 10
)

func (e *estimator) add(seed uint64) {
	r := mix(seed)
	for k := range e {
		e[k] += uint16(r>>k&1)<<1 - 1
	}
}

func (e *estimator) remove(seed uint64) {
	r := mix(seed)
	for k := range e {
		e[k] -= uint16(r>>k&1)<<1 - 1
	}
}

func (e *estimator) subtract(other *estimator) {
	for k := range e {
		e[k] -= other[k]
	}
}

// difference is the mean square of the differences of the counters.
func (e *estimator) difference(other *estimator) int {
	sum := 0
	for k := range e {
		d := int(int16((e[k]-other[k])<<(16-counterBits)) >> (16 - counterBits))
		sum += d * d
	}
	return (sum + signs/2) / signs
}
