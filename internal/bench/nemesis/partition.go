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

var kinds = []Kind{One, MinorityThird, Majority, MajoritiesRing}

// grudge draws a partition of the given kind.
func (k Kind) grudge(nodes []string, rng *rand.Rand) Grudge {
	switch k {
	case One:
		loner := rng.IntN(len(nodes))
		others := slices.Delete(slices.Clone(nodes), loner, loner+1)
		return completeGrudge(nodes[loner:loner+1], others)
	case MinorityThird:
		s := shuffled(nodes, rng)
		return completeGrudge(s[:minorityThird(len(s))], s[minorityThird(len(s)):])
	case Majority:
		s := shuffled(nodes, rng)
		return completeGrudge(s[:len(s)/2], s[len(s)/2:])
	case MajoritiesRing:
		if len(nodes) <= 5 {
			return exactRing(nodes, rng)
		}
		return stochasticRing(nodes, rng)
	}
	panic("squall: no such partition: " + string(k))
}

// minorityThird is the greatest number below a third of n.
func minorityThird(n int) int { return (n - 1) / 3 }

// majority is the smallest number above a half of n.
func majority(n int) int { return n/2 + 1 }

func shuffled(nodes []string, rng *rand.Rand) []string {
	s := slices.Clone(nodes)
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

// completeGrudge keeps two components from hearing each other.
func completeGrudge(a, b []string) Grudge {
	g := Grudge{}
	for _, node := range a {
		g[node] = sortedNames(b)
	}
	for _, node := range b {
		g[node] = sortedNames(a)
	}
	return g
}

// exactRing puts up to five nodes in a ring. Each run of a majority of
// neighbours becomes what the node in its middle can hear. With three nodes a
// run has two members and no middle: each node then hears one other and is
// heard by the third, the one cut here that is not symmetric.
func exactRing(nodes []string, rng *rand.Rand) Grudge {
	ring := shuffled(nodes, rng)
	n, m := len(ring), majority(len(ring))
	g := Grudge{}
	for i := range ring {
		var rest []string
		for j := m; j < n; j++ {
			rest = append(rest, ring[(i+j)%n])
		}
		g[ring[(i+m/2)%n]] = sortedNames(rest)
	}
	return g
}

// stochasticRing starts with every node alone and links the least connected
// node to the least connected one it has no link to yet, ties drawn, until
// every node hears a majority. A node counts itself among those it hears.
func stochasticRing(nodes []string, rng *rand.Rand) Grudge {
	n, m := len(nodes), majority(len(nodes))
	linked := make([][]bool, n)
	degree := make([]int, n)
	for i := range linked {
		linked[i] = make([]bool, n)
		linked[i][i] = true
		degree[i] = 1
	}
	for {
		order := rng.Perm(n)
		slices.SortStableFunc(order, func(i, j int) int { return degree[i] - degree[j] })
		a := order[0]
		if degree[a] >= m {
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
	g := Grudge{}
	for i, node := range nodes {
		var rest []string
		for j, other := range nodes {
			if !linked[i][j] {
				rest = append(rest, other)
			}
		}
		g[node] = sortedNames(rest)
	}
	return g
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
