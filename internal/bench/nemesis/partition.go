package nemesis

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"gset/internal/bench/edn"
)

// A Grudge maps receivers to the senders whose messages they drop. Every node
// has an entry, empty if it drops nothing.
type Grudge map[string][]string

// cuts counts the pairs of a receiver and a sender whose messages it drops.
func (g Grudge) cuts() (pairs int) {
	for _, senders := range g {
		pairs += len(senders)
	}
	return pairs
}

// Kind is a way to partition a network.
type Kind string

// The kinds of partition; a nemesis picks among them with equal chances.
const (
	// One cuts one node off from all others.
	One Kind = "one"
	// MinorityThird cuts fewer than a third of the nodes off from the
	// rest: none at all if there are fewer than four.
	MinorityThird Kind = "minority-third"
	// Majority cuts the network in two halves.
	Majority Kind = "majority"
	// MajoritiesRing leaves every node with a majority, and no two
	// with the same one.
	MajoritiesRing Kind = "majorities-ring"
)

// Kinds are all kinds.
var Kinds = []Kind{One, MinorityThird, Majority, MajoritiesRing}

// A Cut says of a network's nodes, by their numbers, which drop what others send: by
// receiver, and then by sender.
type Cut [][]bool

// Draw draws a partition of n nodes.
func (k Kind) Draw(n int, rng *rand.Rand) Cut {
	switch k {
	case One:
		loner := rng.IntN(n)
		return apart(n, func(node int) bool { return node == loner })
	case MinorityThird:
		return apart(n, among(shuffled(n, rng)[:minorityThird(n)]))
	case Majority:
		return apart(n, among(shuffled(n, rng)[:n/2]))
	case MajoritiesRing:
		if n <= 5 {
			return exactRing(n, rng)
		}
		return stochasticRing(n, rng)
	}
	panic("nemesis: no such partition: " + string(k))
}

// grudge draws a partition of nodes with names.
func (k Kind) grudge(nodes []string, rng *rand.Rand) Grudge {
	g := Grudge{}
	for receiver, snubbed := range k.Draw(len(nodes), rng) {
		names := []string{}
		for sender, cut := range snubbed {
			if cut {
				names = append(names, nodes[sender])
			}
		}
		g[nodes[receiver]] = sortedNames(names)
	}
	return g
}

// minorityThird is the greatest number below a third of n.
func minorityThird(n int) int { return (n - 1) / 3 }

// majority is the smallest number above a half of n.
func majority(n int) int { return n/2 + 1 }

// shuffled returns 0 to n-1 in any order.
func shuffled(n int, rng *rand.Rand) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	rng.Shuffle(n, func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

// among returns what tells whether a number is among some.
func among(some []int) func(int) bool {
	return func(n int) bool { return slices.Contains(some, n) }
}

// newCut makes a cut of n nodes that cuts what cuts says.
func newCut(n int, cuts func(receiver, sender int) bool) Cut {
	c := make(Cut, n)
	for receiver := range c {
		c[receiver] = make([]bool, n)
		for sender := range n {
			c[receiver][sender] = cuts(receiver, sender)
		}
	}
	return c
}

// apart keeps those which are of one component from hearing the others, and the other way.
func apart(n int, first func(node int) bool) Cut {
	component := make([]bool, n)
	for node := range n {
		component[node] = first(node)
	}
	return newCut(n, func(receiver, sender int) bool { return component[receiver] != component[sender] })
}

// exactRing puts up to five nodes in a ring. Each run of a majority of
// neighbours becomes what the node in its middle can hear. With three nodes a
// run has two members and no middle: each node then hears one other and is
// heard by the third, the one cut here that is not symmetric.
func exactRing(n int, rng *rand.Rand) Cut {
	ring, m := shuffled(n, rng), majority(n)
	hears := newCut(n, func(int, int) bool { return false })
	for i := range ring {
		for j := range m {
			hears[ring[(i+m/2)%n]][ring[(i+j)%n]] = true
		}
	}
	return newCut(n, func(receiver, sender int) bool { return !hears[receiver][sender] })
}

// stochasticRing starts with every node alone and links the least connected
// node to the least connected one it has no link to yet, ties drawn, until
// every node hears a majority. A node counts itself among those it hears.
func stochasticRing(n int, rng *rand.Rand) Cut {
	linked := newCut(n, func(a, b int) bool { return a == b })
	degree := make([]int, n)
	for node := range degree {
		degree[node] = 1
	}
	for {
		order := rng.Perm(n)
		slices.SortStableFunc(order, func(i, j int) int { return degree[i] - degree[j] })
		a := order[0]
		if degree[a] >= majority(n) {
			break
		}
		for _, b := range order {
			if !linked[a][b] {
				linked[a][b], linked[b][a] = true, true
				degree[a]++
				degree[b]++
				break
			}
		}
	}
	return newCut(n, func(receiver, sender int) bool { return !linked[receiver][sender] })
}

// sortedNames returns a sorted copy, n2 before n10.
func sortedNames(names []string) []string {
	s := slices.Clone(names)
	slices.SortFunc(s, compareNames)
	return s
}

// compareNames orders names by their letters and then by the number at their end.
func compareNames(a, b string) int {
	stemA, numA := splitName(a)
	stemB, numB := splitName(b)
	if c := strings.Compare(stemA, stemB); c != 0 {
		return c
	}
	if numA != numB {
		return numA - numB
	}
	return strings.Compare(a, b)
}

func splitName(name string) (stem string, num int) {
	stem = strings.TrimRight(name, "0123456789")
	num, err := strconv.Atoi(name[len(stem):])
	if err != nil {
		return name, 0
	}
	return stem, num
}

// AppendEDN writes a grudge as a map of sets.
func (g Grudge) AppendEDN(dst []byte) []byte {
	var m edn.Map
	for receiver, senders := range g {
		set := edn.Set{}
		for _, s := range senders {
			set = append(set, s)
		}
		m = append(m, edn.Pair{receiver, set})
	}
	slices.SortFunc(m, func(a, b edn.Pair) int { return compareNames(a[0].(string), b[0].(string)) })
	return edn.Append(dst, m)
}
