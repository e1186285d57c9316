package node

import (
	"bytes"
	"testing"

	"gset/crdt"
	"gset/replica"
)

// outputs are messages as a hub of 25 scatters them, and others between them.
func outputs() []replica.Message[*crdt.GSet] {
	first, second := crdt.NewGSet(benchKey, 1, 1000), crdt.NewGSet(benchKey, 2)
	var all []replica.Message[*crdt.GSet]
	for i := range 24 {
		m := replica.Message[*crdt.GSet]{Kind: replica.Scatter, Cluster: benchCluster, View: uint64(i), Delta: first}
		if i%2 == 1 {
			m.Echoes = []replica.Echo{{Member: "n1", Stamp: 5}}
		}
		all = append(all, m)
	}
	return append(all,
		replica.Message[*crdt.GSet]{Kind: replica.Probe, Cluster: benchCluster, Range: replica.Everything, Sketch: first.Sketch(0)},
		replica.Message[*crdt.GSet]{Kind: replica.Cells, Cluster: benchCluster, Want: []crdt.CellID{7}, Delta: second},
		replica.Message[*crdt.GSet]{Kind: replica.Gather, Cluster: benchCluster, Delta: first})
}

func TestSharedDeltaIsEncodedAsIfAlone(t *testing.T) {
	var e encoder[*crdt.GSet]
	for _, m := range outputs() {
		got, err := e.encode(&m)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("a %v: got %x, want %x", m.Kind, got, want)
		}
	}
}

// BenchmarkEncode is of the messages of one scatter to 24 members.
func BenchmarkEncode(b *testing.B) {
	delta := crdt.NewGSet(benchKey)
	for x := range int64(50) {
		delta.Insert(x * x)
	}
	m := replica.Message[*crdt.GSet]{Kind: replica.Scatter, Cluster: benchCluster, Delta: delta}
	b.Run("shared", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e encoder[*crdt.GSet]
			for range 24 {
				if _, err := e.encode(&m); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("one by one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for range 24 {
				if _, err := m.AppendBinary(nil); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
