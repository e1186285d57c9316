package replica

import "math/rand/v2"

// circle goes through numbers from 0 on in an order of its own, each once in every turn of
// it: peers to be probed, at random and still none twice before all others. Numbers that are
// drawn one by one leave some out for long, and hit on dead members again and again.
type circle struct{ at, step, size int }

func newCircle(size int, rand *rand.Rand) circle {
	if size == 0 {
		return circle{}
	}
	at := rand.IntN(size)
	step, _ := coprime(1+rand.IntN(size), size)
	return circle{at, step, size}
}

func (c *circle) next() int {
	c.at = (c.at + c.step) % c.size
	return c.at
}

// coprime returns the first number from x on, round and round from 1 to n, that has no
// factor in common with n, so that steps of it lead everywhere; and its inverse modulo n.
func coprime(x, n int) (step, back int) {
	for {
		if back, ok := inverse(x, n); ok {
			return x, back
		}
		x = x%n + 1
	}
}

// inverse returns the number that x times which is 1 modulo n, if there is one, by Euclid's
// algorithm.
func inverse(x, n int) (int, bool) {
	a, b, u, v := n, x%n, 0, 1 // b = v·x and a = u·x modulo n
	for b > 0 {
		q := a / b
		a, b, u, v = b, a-q*b, v, u-q*v
	}
	return (u%n + n) % n, a == 1
}
