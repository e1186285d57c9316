package keyindex

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

type pair struct {
	id  uint64
	key string
}

func (p pair) String() string { return fmt.Sprintf("%d:%q", p.id, p.key) }

func (p pair) compare(q pair) int {
	switch {
	case p.id < q.id:
		return -1
	case p.id > q.id:
		return 1
	}
	return bytes.Compare([]byte(p.key), []byte(q.key))
}

func pairs(x *Index) (all []pair) {
	for id, key := range x.All() {
		all = append(all, pair{id, string(key)})
	}
	return all
}

// check fails the test unless the index is in order and has the pairs it should have,
// which are sorted.
func (x *Index) check(t failer, want []pair) {
	t.Helper()
	for i, b := range x.blocks {
		if n := len(b.entries); n == 0 || cap(b.entries) > maxBlock || b.first != b.entries[0].id() {
			t.Fatalf("block %d has %d entries, room for %d, and its first id is %d", i, n, cap(b.entries), b.first)
		}
	}
	if got := pairs(x); !slices.Equal(got, want) {
		t.Fatalf("the index has %v, want %v", got, want)
	}
	size := 0
	for _, p := range want {
		size += len(binary.AppendUvarint(nil, uint64(len(p.key)))) + len(p.key)
	}
	if x.Len() != len(want) || x.Bytes() != size {
		t.Fatalf("the index has %d keys and %d bytes, want %d and %d", x.Len(), x.Bytes(), len(want), size)
	}
}

var (
	anID  = rapid.OneOf(rapid.Uint64Range(0, 2), rapid.Uint64(), rapid.Just(^uint64(0)))
	aKey  = rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 2), rapid.SliceOfN(rapid.Byte(), 120, 140))
	aSize = rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(1, 9), rapid.IntRange(1, 40), rapid.IntRange(1, 40), rapid.IntRange(1, 2*maxBlock))
)

// twins is an index and the sorted slice of pairs that it should be. Its methods are what is
// done to both.
type twins struct {
	x    *Index
	want []pair
}

// Ids of 0 to 2 make runs of equal ids that are longer than a block.
func TestAnIndexBehavesLikeASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(rapid.StateMachineActions(&twins{x: new(Index)}))
	})
}

func (tw *twins) Check(t *rapid.T) {
	tw.x.check(t, tw.want)
	last, ok := tw.x.LastID()
	if n := len(tw.want); ok != (n > 0) || ok && last != tw.want[n-1].id {
		t.Fatalf("the last id is %d, %v", last, ok)
	}
}

func (tw *twins) insert(t *rapid.T, p pair) {
	at, known := slices.BinarySearchFunc(tw.want, p, pair.compare)
	gap, found := tw.x.Find(p.id, []byte(p.key))
	if found != known {
		t.Fatalf("that %v is found is %v", p, found)
	}
	if known {
		return
	}
	others := at > 0 && tw.want[at-1].id == p.id || at < len(tw.want) && tw.want[at].id == p.id
	if got := tw.x.Neighbours(gap, p.id); got != others {
		t.Fatalf("that there are others with the id of %v is %v", p, got)
	}
	place := tw.x.Insert(gap, p.id, []byte(p.key))
	if again, found := tw.x.Find(p.id, []byte(p.key)); !found || again != place {
		t.Fatalf("%v was inserted at %v and is found at %v, %v", p, place, again, found)
	}
	tw.want = slices.Insert(tw.want, at, p)
}

func (tw *twins) Insert(t *rapid.T) {
	tw.insert(t, pair{anID.Draw(t, "id"), string(aKey.Draw(t, "key"))})
}

func (tw *twins) InsertMany(t *rapid.T) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	ids := rapid.SampledFrom([]uint64{1, 2, 100, 1 << 63}).Draw(t, "ids")
	for range aSize.Draw(t, "n") {
		tw.insert(t, pair{r.Uint64N(ids), string(binary.AppendUvarint(nil, r.Uint64N(1000)))})
	}
}

func (tw *twins) Push(t *rapid.T) {
	var last pair
	if len(tw.want) > 0 {
		last = tw.want[len(tw.want)-1]
	}
	for range aSize.Draw(t, "n") {
		last.key = after(last.key)
		tw.x.Push(last.id, []byte(last.key))
		tw.want = append(tw.want, last)
	}
}

// after returns a key that comes after another one.
func after(key string) string {
	if n := len(key); n > 0 && key[n-1] < 0xff {
		return key[:n-1] + string([]byte{key[n-1] + 1})
	}
	return key + "\x00"
}

func (tw *twins) Clone(t *rapid.T) {
	old := tw.x
	tw.x = new(Index)
	tw.x.CloneFrom(old)
	if gap, found := old.Find(7, []byte("left behind")); !found {
		old.Insert(gap, 7, []byte("left behind"))
	}
}

func (tw *twins) WalkFrom(t *rapid.T) {
	id := anID.Draw(t, "id")
	from, _ := slices.BinarySearchFunc(tw.want, pair{id: id}, pair.compare)
	var got []pair
	for id, key := range tw.x.From(id) {
		got = append(got, pair{id, string(key)})
		if len(got) == 10 {
			break
		}
	}
	if n := min(len(tw.want), from+10); !slices.Equal(got, tw.want[from:n]) {
		t.Fatalf("from %d on there are %v, want %v", id, got, tw.want[from:n])
	}
}

func (tw *twins) Skip(t *rapid.T) {
	id, n := anID.Draw(t, "id"), rapid.IntRange(0, len(tw.want)+1).Draw(t, "n")
	var ids []uint64
	for _, p := range tw.want {
		if p.id >= id {
			ids = append(ids, p.id)
		}
	}
	ids = slices.Compact(ids)
	got, ok := tw.x.Skip(id, n)
	if ok != (n < len(ids)) || ok && got != ids[n] {
		t.Fatalf("the id %d after %d is %d, %v, of %d", n, id, got, ok, ids)
	}
}

func TestSeekAgreesWithFind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var x Index
	for range 5000 {
		id, key := r.Uint64N(3000), binary.AppendUvarint(nil, r.Uint64N(300))
		if gap, found := x.Find(id, key); !found {
			x.Insert(gap, id, key)
		}
	}
	for _, step := range []uint64{1, 2, 7, 100, 1500} {
		var at Place
		for id := uint64(0); id < 3100; id += 1 + r.Uint64N(step) {
			for k := range uint64(3) {
				key := []byte{byte(k * 40)}
				want, wantFound := x.Find(id, key)
				got, found := x.Seek(at, id, key)
				if got != want || found != wantFound {
					t.Fatalf("seek of %d %q from %v: %v, %v; Find says %v, %v", id, key, at, got, found, want, wantFound)
				}
				at = got
			}
		}
	}
	var empty Index
	if at, found := empty.Seek(Place{}, 1, nil); found || at != (Place{}) {
		t.Errorf("seek in an empty index: %v, %v", at, found)
	}
}

// memory is what an index has allocated, in bytes, by capacities: the same on every run.
func (x *Index) memory() int {
	const header, chunk = 32, 24
	n := header*cap(x.blocks) + chunk*cap(x.arena.chunks)
	for _, b := range x.blocks {
		n += entryBytes*cap(b.entries) + (cap(b.entries)*-entryBytes)&15 // up to a size class
	}
	for _, c := range x.arena.chunks {
		n += cap(c)
	}
	return n
}

// fill adds n keys of 15 bytes under random ids.
func fill(x *Index, r *rand.Rand, n int) {
	key := make([]byte, 15)
	for range n {
		binary.LittleEndian.PutUint64(key, r.Uint64())
		id := r.Uint64()
		gap, _ := x.Find(id, key)
		x.Insert(gap, id, key)
	}
}

// The steps from 50,000 to 130,000 keys see each phase of the blocks, which all split
// at about the same time.
func TestAKeyOf15BytesTakesAtMost36Bytes(t *testing.T) {
	const most = 36.0
	r := rand.New(rand.NewPCG(1, 3))
	var x Index
	fill(&x, r, 50_000)
	for ; x.Len() < 130_000; fill(&x, r, 5000) {
		if each := float64(x.memory()) / float64(x.Len()); each > most {
			t.Errorf("%d keys take %.1f bytes each, more than %v", x.Len(), each, most)
		}
	}
}

// An index that was pushed full has no room in its blocks, so that they all split when it
// grows.
func TestAPackedIndexThatGrowsTakesAtMost37Bytes(t *testing.T) {
	const most = 37.0
	r := rand.New(rand.NewPCG(1, 4))
	var source, x Index
	fill(&source, r, 80_000)
	x.Reserve(source.Bytes())
	for id, key := range source.All() {
		x.Push(id, key)
	}
	if each := float64(x.memory()) / float64(x.Len()); each > 29.7 {
		t.Errorf("%d keys that were pushed take %.1f bytes each", x.Len(), each)
	}
	for ; x.Len() < 120_000; fill(&x, r, 2000) {
		if each := float64(x.memory()) / float64(x.Len()); each > most {
			t.Errorf("%d keys take %.1f bytes each, more than %v", x.Len(), each, most)
		}
	}
}

func TestRunsOfInsertionsLeaveFullBlocks(t *testing.T) {
	const n = 100 * maxBlock
	for name, id := range map[string]func(i uint64) uint64{
		"upwards":   func(i uint64) uint64 { return i },
		"downwards": func(i uint64) uint64 { return n - i },
	} {
		var x Index
		for i := range uint64(n) {
			gap, _ := x.Find(id(i), nil)
			x.Insert(gap, id(i), nil)
		}
		if got, most := len(x.blocks), n/maxBlock+2; got > most {
			t.Errorf("%s: %d keys take %d blocks, want at most %d", name, n, got, most)
		}
	}
}

// The arena's chunks have borders where a string may be cut in two, or lost.
func TestTheArenaHoldsStringsOfEveryLength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for _, reserve := range []bool{false, true} {
		var x Index
		var want []pair
		total := 0
		for i := range uint64(300) {
			n := []int{0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 1 << 16, r.IntN(1 << 16)}[i%8]
			if i == 100 {
				n = MaxKey
			}
			key := bytes.Repeat([]byte{byte(i)}, n)
			want = append(want, pair{i, string(key)})
			total += KeyBytes(n)
		}
		if reserve {
			x.Reserve(total)
		}
		for _, p := range want {
			x.Push(p.id, []byte(p.key))
		}
		x.check(t, want)
		room := 0
		for _, c := range x.arena.chunks {
			room += cap(c)
		}
		if room > total+total/4 {
			t.Errorf("the arena has room for %d bytes and %d in it", room, total)
		}
	}
}

func TestWorkingOnAnIndexDoesNotAllocate(t *testing.T) {
	var x Index
	fill(&x, rand.New(rand.NewPCG(1, 6)), 10_000)
	key := []byte("not there")
	for name, f := range map[string]func(){
		"Find": func() { x.Find(1<<40, key) },
		"Seek": func() { x.Seek(Place{}, 1<<40, key) },
		"All": func() {
			for range x.All() {
			}
		},
	} {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
	var one *Index
	short, long := make([]byte, shortKey-1), make([]byte, shortKey)
	if got := testing.AllocsPerRun(100, func() { one = new(Index); one.Push(1, short) }); got != 1 {
		t.Errorf("an index of one key of %d bytes takes %v allocations", len(short), got)
	}
	one.check(t, []pair{{1, string(short)}})
	one = new(Index)
	one.Push(1, long)
	one.check(t, []pair{{1, string(long)}})
}
