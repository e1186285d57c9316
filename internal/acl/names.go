package acl

import (
	"fmt"
	"slices"
	"strings"
)

// names is a set of names of collections: single ones, and all that begin with a prefix. The zero
// value is empty.
type names struct {
	all      bool
	prefixes []string // sorted; none is a prefix of another
	single   []string // sorted
}

// add adds a name, or a prefix and a star.
func (n *names) add(pattern string) error {
	prefix, isPrefix := strings.CutSuffix(pattern, "*")
	if strings.Contains(prefix, "*") {
		return fmt.Errorf("%q has a star that is not at its end", pattern)
	}
	switch {
	case isPrefix && prefix == "":
		n.all = true
	case isPrefix:
		n.prefixes = append(n.prefixes, prefix)
	case pattern == "":
		return fmt.Errorf("a right names no collection; all of them are *")
	default:
		n.single = append(n.single, pattern)
	}
	return nil
}

// arrange makes the set ready for has.
func (n *names) arrange() {
	slices.Sort(n.single)
	n.single = slices.Compact(n.single)
	slices.Sort(n.prefixes)
	kept := n.prefixes[:0]
	for _, p := range n.prefixes {
		if len(kept) == 0 || !strings.HasPrefix(p, kept[len(kept)-1]) {
			kept = append(kept, p)
		}
	}
	n.prefixes = kept
}

// has reports whether a name is in the set, in logarithmic time: as no prefix is a prefix of
// another, the one that a name begins with is the greatest that is not above it.
func (n *names) has(name []byte) bool {
	if n.all {
		return true
	}
	text := string(name)
	i, found := slices.BinarySearch(n.prefixes, text)
	if found || i > 0 && strings.HasPrefix(text, n.prefixes[i-1]) {
		return true
	}
	_, found = slices.BinarySearch(n.single, text)
	return found
}

// patterns returns the set as a users file has it.
func (n *names) patterns() []string {
	if n.all {
		return []string{"*"}
	}
	var all []string
	for _, p := range n.prefixes {
		all = append(all, p+"*")
	}
	return append(all, n.single...)
}
