package crdttest_test

import (
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/crdttest"
	"gset/crdt/riblt"
)

// Bugs planted into a right lattice, at least one for every law. LAWS.md has what
// each law says to its bug; it is written and compared by TestEveryLawCatchesItsBug.

var rewrite = flag.Bool("rewrite", false, "write LAWS.md instead of comparing it")

// bug is a mistake someone may well make, and the law that it must not get past.
// The broken methods replace those of Scores; nil ones are right.
type bug struct {
	law string
	is  string // what is wrong, as half a sentence about the lattice

	new     func(s *Scores) *Scores
	join    func(s, delta *Scores) *Scores
	minus   func(s, other *Scores) *Scores
	merge   func(s, delta *Scores)
	excess  func(s, other *Scores) int
	skip    func(s *Scores, first crdt.CellID, n int) (crdt.CellID, bool)
	len     func(s *Scores) int
	digest  func(s *Scores) crdt.Digest
	cells   func(s *Scores, first crdt.CellID) iter.Seq[crdt.Cell]
	sketch  func(s *Scores, n int) *riblt.Sketch
	extract func(s *Scores, ids []crdt.CellID) *Scores
	append  func(s *Scores, b []byte) ([]byte, error)
	decode  func(s *Scores, data []byte) (*Scores, error)
}

func plantedBugs() []bug {
	return slices.Concat(joinBugs, minusBugs, sparerBugs, digestBugs, cellBugs, sketchBugs, codecBugs, memoryBugs, modelBugs)
}

// broken is Scores with a bug.
type broken struct {
	*Scores
	bug *bug
}

func (b *broken) with(s *Scores) *broken { return &broken{s, b.bug} }

func (b *broken) Clone() *broken { return b.with(b.Scores.Clone()) }

func (b *broken) New() *broken {
	if b.bug.new != nil {
		return b.with(b.bug.new(b.Scores))
	}
	return b.with(b.Scores.New())
}

func (b *broken) Join(delta *broken) *broken {
	if b.bug.join != nil {
		return b.with(b.bug.join(b.Scores, delta.Scores))
	}
	return b.with(b.Scores.Join(delta.Scores))
}

func (b *broken) Minus(other *broken) *broken {
	if b.bug.minus != nil {
		return b.with(b.bug.minus(b.Scores, other.Scores))
	}
	return b.with(b.Scores.Minus(other.Scores))
}

func (b *broken) Merge(delta *broken) {
	if b.bug.merge != nil {
		b.bug.merge(b.Scores, delta.Scores)
		return
	}
	crdt.Merge(b.Scores, delta.Scores)
}

func (b *broken) Excess(other *broken) int {
	if b.bug.excess != nil {
		return b.bug.excess(b.Scores, other.Scores)
	}
	return crdt.Excess(b.Scores, other.Scores)
}

func (b *broken) Skip(first crdt.CellID, n int) (crdt.CellID, bool) {
	if b.bug.skip != nil {
		return b.bug.skip(b.Scores, first, n)
	}
	return crdt.Skip(b.Scores, first, n)
}

func (b *broken) Len() int {
	if b.bug.len != nil {
		return b.bug.len(b.Scores)
	}
	return b.Scores.Len()
}

func (b *broken) Digest() crdt.Digest {
	if b.bug.digest != nil {
		return b.bug.digest(b.Scores)
	}
	return b.Scores.Digest()
}

func (b *broken) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	if b.bug.cells != nil {
		return b.bug.cells(b.Scores, first)
	}
	return b.Scores.Cells(first)
}

func (b *broken) Sketch(n int) *riblt.Sketch {
	if b.bug.sketch != nil {
		return b.bug.sketch(b.Scores, n)
	}
	return crdt.SketchOf(b.Scores, n)
}

func (b *broken) Extract(ids []crdt.CellID) *broken {
	if b.bug.extract != nil {
		return b.with(b.bug.extract(b.Scores, ids))
	}
	return b.with(b.Scores.Extract(ids))
}

func (b *broken) AppendBinary(to []byte) ([]byte, error) {
	if b.bug.append != nil {
		return b.bug.append(b.Scores, to)
	}
	return b.Scores.AppendBinary(to)
}

func (b *broken) Decode(data []byte) (*broken, error) {
	decode := b.Scores.Decode
	if b.bug.decode != nil {
		decode = func(data []byte) (*Scores, error) { return b.bug.decode(b.Scores, data) }
	}
	s, err := decode(data)
	if err != nil {
		return nil, err
	}
	return b.with(s), nil
}

// specOf describes the lattice with a bug as that without would be described. Only
// sets have disjoint joins: for their law all scores are one.
func specOf(planted *bug) crdttest.Spec[*broken] {
	disjoint := planted.law == disjointLaw
	return crdttest.Spec[*broken]{
		Gen: func(t *rapid.T) *broken {
			s := genScores(t)
			if disjoint {
				s = onesOf(s)
			}
			return &broken{s, planted}
		},
		Equal:    func(a, b *broken) bool { return a.Equal(b.Scores) },
		Model:    func(b *broken) crdttest.Model { return b.best },
		Disjoint: disjoint,
		Large:    specOfScores.Large,
	}
}

const disjointLaw = "digest adds over joins"

// onesOf makes a set of the players: all scores are one.
func onesOf(s *Scores) *Scores {
	ones := s.New()
	for player := range s.best {
		ones.raise(player, 1)
	}
	return ones
}

// recorder is a test that keeps what is logged, and fails nobody.
type recorder struct {
	testing.TB
	failed bool
	log    strings.Builder
}

func (r *recorder) Helper()               {}
func (r *recorder) Name() string          { return "planted" }
func (r *recorder) Failed() bool          { return r.failed }
func (r *recorder) FailNow()              {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Logf(format string, args ...any) {
	// rapid tells what it draws; the laws show the states that come of it.
	if line := fmt.Sprintf(format, args...); !strings.HasPrefix(line, "[rapid]") {
		fmt.Fprintln(&r.log, strings.ToValidUTF8(line, "?"))
	}
}

// try checks a law from a fixed seed, and returns what it says if it is broken.
func try(t *testing.T, law crdttest.Law) (report string, failed bool) {
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": "2000", "rapid.nofailfile": "true"} {
		old := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := flag.Set(name, old); err != nil {
				t.Fatal(err)
			}
		}()
	}
	r := &recorder{TB: t}
	rapid.Check(r, law.Check)
	return r.log.String(), r.failed
}

const preamble = `# What the laws say to a bug

For every law a mistake that breaks it, and what a failing test prints: the states
that were drawn, made as small as possible, and what came of them. The lattice is
the one of example_test.go, the best score of each player, and each bug is a few
lines in broken*_test.go. This file is written by

    go test ./crdt/crdttest -run TestEveryLawCatchesItsBug -rewrite

`

func TestEveryLawCatchesItsBug(t *testing.T) {
	laws := crdttest.Laws(specOf(&bug{law: disjointLaw})) // all there are
	for _, planted := range plantedBugs() {
		if !slices.ContainsFunc(laws, func(l crdttest.Law) bool { return l.Name == planted.law }) {
			t.Errorf("a bug is planted for %q, which is no law: %s", planted.law, planted.is)
		}
	}
	var doc strings.Builder
	doc.WriteString(preamble)
	for _, law := range laws {
		fmt.Fprintf(&doc, "## %s\n\n%s\n", law.Name, law.Promise)
		bugs := 0
		for _, planted := range plantedBugs() {
			if planted.law != law.Name {
				continue
			}
			report, failed := try(t, lawOf(t, &planted))
			if !failed {
				t.Errorf("%q lets this pass: %s", law.Name, planted.is)
			}
			fmt.Fprintf(&doc, "\nThe bug: %s.\n\n    %s\n", planted.is,
				strings.ReplaceAll(strings.TrimSpace(report), "\n", "\n    "))
			bugs++
		}
		if bugs == 0 {
			t.Errorf("no bug is planted for the law %q", law.Name)
		}
		doc.WriteString("\n")
	}
	if *rewrite {
		if err := os.WriteFile("LAWS.md", []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("LAWS.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.String(); got != string(want) {
		t.Errorf("LAWS.md is not what the laws say (-rewrite writes it anew):\n%s", firstDifference(got, string(want)))
	}
}

// lawOf finds the law that a bug is planted for, on the lattice that has the bug.
func lawOf(t *testing.T, planted *bug) crdttest.Law {
	laws := crdttest.Laws(specOf(planted))
	i := slices.IndexFunc(laws, func(l crdttest.Law) bool { return l.Name == planted.law })
	if i < 0 {
		t.Fatalf("no law %q for a lattice with a bug in it", planted.law)
	}
	return laws[i]
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is\n%s\nand should be\n%s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("it has %d lines and should have %d", len(w), len(g))
}
