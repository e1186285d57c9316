package node

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
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
