package node

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
)

// served is a node in this process, whose clients wait for their replies.
type served struct {
	stdin  stdin
	result chan error
	ends   []chan time.Time // of the clients; the msg_id is the client's number and 1
}

func serve(t testing.TB, o Options, clients int) *served {
	s := &served{stdin: stdin{lines: make(chan string, 1<<15)}, result: make(chan error, 1)}
	for range clients {
		s.ends = append(s.ends, make(chan time.Time, 1))
	}
	go func() {
		s.result <- Run(GSet(), o, &s.stdin, &splitter{each: func(line []byte) {
			_, id, _ := bytes.Cut(line, []byte(`"in_reply_to":`))
			id, _, _ = bytes.Cut(id, []byte(`}`))
			n, err := strconv.Atoi(string(id))
			if err != nil || !bytes.Contains(line, []byte("_ok")) {
				t.Errorf("the node says %s", line)
				return
			}
			s.ends[n-1] <- time.Now()
		}}, io.Discard)
	}()
	s.ask(0, `"type":"init","node_id":"n1","node_ids":["n1"]`)
	return s
}

// ask makes a client's request, and returns how long the reply took.
func (s *served) ask(client int, body string) time.Duration {
	began := time.Now()
	s.stdin.put(fmt.Sprintf(`{"src":"c%d","dest":"n1","body":{"msg_id":%d,%s}}`, client, client+1, body))
	return (<-s.ends[client]).Sub(began)
}

// BenchmarkAcknowledged is of clients of one node who each wait until their add is acknowledged: in memory, and on the disk that
// has the temporary folder.
func BenchmarkAcknowledged(b *testing.B) {
	for _, where := range []string{"memory", "disk"} {
		for _, clients := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/clients=%d", where, clients), func(b *testing.B) {
				o := usual
				if where == "disk" {
					o.Data = filepath.Join(b.TempDir(), "data")
				}
				s := serve(b, o, clients)
				times := make([][]time.Duration, clients)
				var all sync.WaitGroup
				b.ResetTimer()
				for client := range clients {
					all.Go(func() {
						for i := range (b.N + clients - 1) / clients {
							times[client] = append(times[client], s.ask(client, fmt.Sprintf(`"type":"add","element":%d`, i*clients+client)))
						}
					})
				}
				all.Wait()
				b.StopTimer()
				waits := slices.Concat(times...)
				slices.Sort(waits)
				b.ReportMetric(float64(len(waits))/b.Elapsed().Seconds(), "adds/s")
				b.ReportMetric(waits[len(waits)/2].Seconds()*1000, "p50-ms")
				b.ReportMetric(waits[len(waits)*99/100].Seconds()*1000, "p99-ms")
				s.stdin.close()
				if err := <-s.result; err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkStart is of a node whose folder has a snapshot: from its start to its answer to init, and the memory that takes.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1_000_000, 10_000_000} {
		for _, step := range []string{"dense", "random"} {
			b.Run(fmt.Sprintf("%s/%d", step, n), func(b *testing.B) {
				o := usual
				o.Data = b.TempDir()
				size, encoded := fill(b, o, n, step == "dense")
				for b.Loop() {
					s := serve(b, o, 1)
					s.stdin.close()
					if err := <-s.result; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(size/float64(n), "disk-B/element")
				b.ReportMetric(size/encoded, "disk/encoded")
				peak, state := footprint(b, o)
				b.ReportMetric(float64(state)/float64(n), "B/element")
				b.ReportMetric(float64(peak)/float64(state), "peak/state")
			})
		}
	}
}

// fill makes the folder of n1, with a snapshot of n integers, and returns its size, and that of their binary form.
func fill(b *testing.B, o Options, n int, dense bool) (size, encoded float64) {
	all, rng := crdt.NewGSet(benchKey), rand.New(rand.NewPCG(1, 2))
	for i := range n {
		if dense {
			all.Insert(int64(i))
		} else {
			all.Insert(int64(rng.Uint64()))
		}
	}
	s, _, err := store.Open(storeConfig(all, o, "n1"), nil)
	if err == nil {
		err = s.Compact(durable.Forms(crdt.Split(all, 0, durable.PartSize)))
	}
	if err == nil {
		size = float64(s.Stats().Snapshot)
		err = s.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	form, err := all.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	return size, float64(len(form))
}

// footprint reads the folder of n1, and returns the most memory that was in use meanwhile, and what the state takes.
func footprint(b *testing.B, o Options) (peak, state uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	all := crdt.NewGSet(benchKey)
	join := decoder(all, all)
	_, err := store.Read(storeConfig(all, o, "n1"), func(delta []byte) error {
		err := join(delta)
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc-min(before, m.HeapAlloc))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	state = m.HeapAlloc - before
	runtime.KeepAlive(all)
	return peak, state
}
