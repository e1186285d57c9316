// Package quantile has the one definition of a quantile that all of this module uses.
package quantile

import "time"

// At returns element floor(n*q) of n sorted figures, at most the last, as Maelstrom
// does; 0 if there is none.
func At[T int64 | time.Duration](sorted []T, q float64) T {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}
