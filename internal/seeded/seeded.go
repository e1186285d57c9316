// Package seeded gives random tests their seeds. A test prints its own, and takes it again from the flag -seed.
package seeded

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var given = flag.Uint64("seed", 0, "seed of random tests; 0 for one that is drawn")

// Seed returns the seed of a test: the one given, or a new one. The test logs it.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := *given
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with -run '^%s$' -seed %d", t.Name(), seed)
	return seed
}
