package replica

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gset/crdt"

	"pgregory.net/rapid"
)

// drawKey draws a hash key that is not zero.
func drawKey(t *rapid.T) crdt.Key {
	return crdt.Key{rapid.Uint64Min(1).Draw(t, "key"), rapid.Uint64().Draw(t, "key")}
}

// TestAllReplicasDrawTheSameHubs holds whatever order the members are listed in.
func TestAllReplicasDrawTheSameHubs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := names(rapid.IntRange(1, 9).Draw(t, "members"))
		hashKey, view := drawKey(t), rapid.Uint64().Draw(t, "view")
		want := listOf(t, ids...).hub(draw(hashKey, view))
		for _, self := range ids {
			cfg := Config{Self: self, Members: listOf(t, rapid.Permutation(ids).Draw(t, "in the order given")...)}
			r, err := Restore(cfg, Snapshot[*crdt.GSet]{view, crdt.NewGSet(hashKey), crdt.NewGSet(hashKey)}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if r.Hub() != want || r.View() != view {
				t.Fatalf("%s draws %s for view %d, others %s", self, r.Hub(), r.View(), want)
			}
		}
	})
}

// TestEveryMemberIsHubAlikeOften draws 10,000 hubs under each of some keys and compares the counts with a
// uniform distribution. The chi-squared of 9 degrees of freedom is above 40 once in
// 100,000 times, and the keys are fixed.
func TestEveryMemberIsHubAlikeOften(t *testing.T) {
	const n, draws = 10, 10_000
	m := listOf(t, names(n)...)
	for k := range uint64(20) {
		counts := map[ID]float64{}
		for view := range uint64(draws) {
			counts[m.hub(draw(crdt.Key{k, 1}, view))]++
		}
		chi2 := 0.0
		for _, id := range names(n) {
			d := counts[id] - draws/n
			chi2 += d * d / (draws / n)
		}
		if chi2 > 40 {
			t.Errorf("key %d: chi-squared is %.1f of %v", k, chi2, counts)
		}
	}
}

// TestKeysDrawDifferently keeps two clusters on one network from having the same hubs, and a cluster
// from having the same one in every view.
func TestKeysDrawDifferently(t *testing.T) {
	same, repeated := 0, 0
	m := listOf(t, names(10)...)
	for view := range uint64(1000) {
		a, b, next := draw(crdt.Key{1, 1}, view), draw(crdt.Key{2, 1}, view), draw(crdt.Key{1, 1}, view+1)
		if m.hub(a) == m.hub(b) {
			same++
		}
		if m.hub(a) == m.hub(next) {
			repeated++
		}
	}
	if same > 150 || repeated > 150 { // 100 are expected, with a deviation of 10
		t.Errorf("of 1000 views, two keys agree on %d hubs, and %d hubs follow themselves", same, repeated)
	}
}

// TestAMemberMoreMovesFewHubs: with one of n members more, every hub is the same or the new member, and
// it is the new one once in n+1 times. This is what rendezvous hashing is for.
func TestAMemberMoreMovesFewHubs(t *testing.T) {
	const n, views = 24, 5000
	before, after := listOf(t, names(n)...), listOf(t, append(names(n), "joiner")...)
	moved := 0
	for view := range uint64(views) {
		d := draw(key, view)
		a, b := before.hub(d), after.hub(d)
		if a != b && b != "joiner" {
			t.Fatalf("view %d: the joiner moves the hub from %s to %s", view, a, b)
		}
		if b == "joiner" {
			moved++
		}
	}
	if moved < 150 || moved > 250 { // 200 are expected, with a deviation of 14
		t.Errorf("of %d hubs, %d are the joiner", views, moved)
	}
}

// TestPermutationsDifferAmongMembers keeps all members from probing the same peer at a time.
func TestPermutationsDifferAmongMembers(t *testing.T) {
	first := map[ID]int{}
	for i := range 50 {
		id := ID(fmt.Sprintf("n%d", i))
		r := start(t, Config{Self: id, Members: listOf(t, names(50)...)}, bottom.New())
		first[r.nextPeer()]++
	}
	for id, count := range first {
		if count > 8 {
			t.Errorf("%d of 50 members probe %s first", count, id)
		}
	}
}

func TestAListSaysWhatIsWrongWithIt(t *testing.T) {
	long := ID(strings.Repeat("x", MaxID))
	for _, c := range []struct {
		name string
		ids  []ID
		want string // "" is: nothing
	}{
		{"one", []ID{"a"}, ""},
		{"names of any bytes", []ID{"\x00", "\xff\xfe", "a b"}, ""},
		{"a name of 255 bytes", []ID{"a", long}, ""},
		{"nobody", nil, "a list of 0 members, outside 1 to 65536"},
		{"too many", make([]ID, MaxMembers+1), "a list of 65537 members, outside 1 to 65536"},
		{"no name", []ID{"a", ""}, "a member without a name"},
		{"a name of 256 bytes", []ID{"a", long + "x"}, `member "xxxxxxxxxxxxxxxxxxxx"... has a name of 256 bytes, more than 255`},
		{"listed twice", []ID{"a", "b", "a"}, `member "a" is listed twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := NewMembers(c.ids...)
			switch {
			case c.want == "" && (err != nil || m.Len() != len(c.ids)):
				t.Errorf("error %v", err)
			case c.want != "" && (err == nil || m != nil || err.Error() != "replica: "+c.want):
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

// TestAListOwnsItsMemory changes the slice that a list was made from.
func TestAListOwnsItsMemory(t *testing.T) {
	ids := names(3)
	m := listOf(t, ids...)
	ids[0] = "other"
	all := slices.Sorted(m.All())
	if !slices.Equal(all, names(3)) || m.Contains("other") || !m.Contains("n0") {
		t.Errorf("the list is %v", all)
	}
	if !slices.Equal(ids, []ID{"other", "n1", "n2"}) {
		t.Errorf("the slice was sorted to %v", ids)
	}
}

// TestAListKnowsWhoIsOnIt holds for members, and for others.
func TestAListKnowsWhoIsOnIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(names(30)), 1, 30, rapid.ID[ID]).Draw(t, "on the list")
		m := listOf(t, some...)
		for _, id := range append(names(30), "") {
			if m.Contains(id) != slices.Contains(some, id) {
				t.Fatalf("that %q is on %v is %v", id, some, m.Contains(id))
			}
		}
	})
}

// TestClusterIDsAreOfTheKey: clusters with different keys have different ids, whatever their members.
func TestClusterIDsAreOfTheKey(t *testing.T) {
	seen := map[ClusterID]crdt.Key{}
	for i := range uint64(1000) {
		for _, k := range []crdt.Key{{i + 1, 0}, {0, i + 1}, {i + 1, i + 1}} {
			id := ClusterOf(k)
			if other, ok := seen[id]; ok {
				t.Fatalf("the clusters with keys %v and %v have one id", k, other)
			}
			seen[id] = k
		}
	}
}
