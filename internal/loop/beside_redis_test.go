package loop_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gset/internal/loop"
	"gset/internal/resp/redistest"
)

var (
	full   = flag.Bool("full", false, "run redis-benchmark in seven rounds and print the table")
	rounds = flag.Int("rounds", 7, "rounds with -full")
)

// cell is one way to run redis-benchmark.
type cell struct {
	pipeline int
	requests int
	args     []string
}

func (c cell) String() string { return fmt.Sprintf("%-9s P%d", c.args[0], c.pipeline) }

func cells(unit int) []cell {
	var cells []cell
	for _, pipeline := range []int{1, 16} {
		for _, args := range [][]string{
			{"SADD", "myset", "element:__rand_int__"},
			{"SISMEMBER", "myset", "element:__rand_int__"},
			{"INCR", "counter:__rand_int__"},
		} {
			requests := unit
			if pipeline > 1 {
				requests *= 5
			}
			cells = append(cells, cell{pipeline, requests, args})
		}
	}
	return cells
}

// measure returns the requests a second that redis-benchmark reaches.
func measure(t *testing.T, program, addr string, c cell) float64 {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-h", host, "-p", port, "-c", "50", "-n", strconv.Itoa(c.requests), "-P", strconv.Itoa(c.pipeline), "-r", "100000", "--csv"}, c.args...)
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("redis-benchmark %v: %v", args, err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("redis-benchmark %v printed %q: %v", args, out, err)
	}
	rps, err := strconv.ParseFloat(rows[1][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return rps
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
	program := redistest.Find(t, "redis-benchmark")
	addrs := []string{serveToy(t), redistest.StartTCP(t).Addr}
	unit, count := 500, 1
	if *full {
		addrs = append(addrs, redistest.StartTCP(t).Addr)
		unit, count = 40_000, *rounds
	}
	results := map[string][][]float64{}
	for range count {
		for _, c := range cells(unit) {
			row := make([]float64, len(addrs))
			for i, addr := range addrs {
				row[i] = measure(t, program, addr, c)
			}
			results[c.String()] = append(results[c.String()], row)
		}
	}
	if *full {
		printRatios(t, results)
	}
}

func printRatios(t *testing.T, results map[string][][]float64) {
	var text strings.Builder
	fmt.Fprintf(&text, "%-14s %9s %9s  %s\n", "", "loop/s", "redis/s", "loop beside Redis: median (least to most)   Redis beside Redis")
	for _, c := range cells(1) {
		rows := results[c.String()]
		var ours, theirs, ratio, control []float64
		for _, row := range rows {
			ours, theirs = append(ours, row[0]), append(theirs, row[1])
			ratio, control = append(ratio, row[0]/row[1]), append(control, row[2]/row[1])
		}
		for _, s := range [][]float64{ours, theirs, ratio, control} {
			slices.Sort(s)
		}
		m := len(rows) / 2
		fmt.Fprintf(&text, "%-14s %9.0f %9.0f  %.2f (%.2f to %.2f)   %.2f (%.2f to %.2f)\n", c, ours[m], theirs[m],
			ratio[m], ratio[0], ratio[len(ratio)-1], control[m], control[0], control[len(control)-1])
	}
	fmt.Fprint(os.Stdout, text.String())
}
