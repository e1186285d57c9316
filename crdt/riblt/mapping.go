package riblt

import (
	"iter"
	"math"
)

// mapping yields the coded symbols that an item is mapped to among the first n, ascending.
//
// Symbol 0 has every item, and symbol i has it with probability ρ(i) = 1/(1+i/2). The
// beginning of the code is dense, so that few differences decode from a few symbols, and
// it thins out at just the rate at which more symbols are there to share many
// differences; that is the one rate at which any prefix is as good a code as one made
// for its length (Yang et al., section 4). An item is in some 2·ln n of n symbols.
//
// To decide for every symbol would take n steps. Instead the next one after i is drawn right
// away (section 4.2). It is beyond j with the probability that each symbol up to j is
// passed over,
//
//	(1-ρ(i+1)) ··· (1-ρ(j)) = (i+1)(i+2) / (j+1)(j+2) ≈ ((i+1.5)/(j+1.5))²
//
// so for u uniform between 0 and 1 it is the least j at which that is no more than u:
//
//	j = i + ⌈(i+1.5) · (1/√u - 1)⌉
//
// The root of u need not be taken: the greater of two uniform numbers is distributed
// as the root of one is, since both are below x with probability x².
func mapping(seed uint64, n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for x := start; symbolAt(x) < uint64(n); {
			if !yield(int(symbolAt(x))) {
				return
			}
			seed += golden
			x = next(x, seed)
		}
	}
}

// A walk along the symbols that an item is mapped to goes over numbers x, each of which is a
// symbol plus 1.5.
const start = 1.5

// symbolAt returns the symbol at x. It is far below 2^64: no symbol is beyond 2^13 strides of
// at most 2^33.
func symbolAt(x float64) uint64 { return uint64(int64(x)) - 1 }

// next returns the x after x for a seed that has been moved on by golden.
func next(x float64, seed uint64) float64 { return x + math.Ceil(x*stride(Mix(seed))) }

// stride returns 1/v - 1 for the greater v of the two halves of r, each a number
// (h+1/2)/2^32 between 0 and 1. It is more than 2^-34, so that the next symbol is
// another one, and less than 2^33.
//
// The result is the same on every machine: quotient and difference are rounded as IEEE
// 754 says, and there is no product here or in next that a compiler could fuse with
// a sum.
func stride(r uint64) float64 {
	greater := max(r>>32, r&(1<<32-1))
	return 0x1p33/float64(int64(greater<<1|1)) - 1
}
