package loop_test

import (
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"gset/internal/loop"
	"gset/internal/resp/redistest"
)

var (
	full   = flag.Bool("full", false, "run redis-benchmark in seven rounds and print the table")
	rounds = flag.Int("rounds", 7, "rounds with -full")
)

func loads(unit int) (all []redistest.Load) {
	for _, pipeline := range []int{1, 16} {
		for _, command := range [][]string{
			{"SADD", "myset", "element:__rand_int__"},
			{"SISMEMBER", "myset", "element:__rand_int__"},
			{"INCR", "counter:__rand_int__"},
		} {
			requests := unit
			if pipeline > 1 {
				requests *= 6
			}
			all = append(all, redistest.Load{Pipeline: pipeline, Requests: requests, Range: 100_000, Command: command})
		}
	}
	return all
}

// serveToy runs a toy server on a free port for the length of the test.
func serveToy(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, loop.Config{Handler: newToy()}, ln)
	return ln.Addr().String()
}

// Measures a toy server on the loop beside redis-server, in alternating rounds, and Redis beside
// a second Redis:
//
//	go test ./internal/loop -run TestBesideRedis -v -full
func TestBesideRedis(t *testing.T) {
	redis := redistest.StartTCP(t)
	second := redistest.StartTCP(t)
	servers := []redistest.Server{{Addr: serveToy(t), PID: os.Getpid()}, redis, second}
	unit, count := 500, 1
	if *full {
		unit, count = 10_000, *rounds
	}
	all := loads(unit)
	results := make([][]redistest.Round, len(all))
	for round := range count {
		for i, load := range all {
			var row redistest.Round
			for k := range servers {
				k = (k + round) % len(servers) // none is always the first
				row[k] = load.Measure(t, servers[k].Addr, servers[k].PID)
			}
			results[i] = append(results[i], row)
		}
	}
	if !*full {
		return
	}
	var table strings.Builder
	for i, load := range all {
		table.WriteString(redistest.Line(fmt.Sprintf("%-9s P%d", load.Command[0], load.Pipeline), results[i]))
	}
	t.Logf("median of %d rounds (least to most)\n%s%s", count, redistest.Header, table.String())
}
