package loop_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
				requests *= 6
			}
			cells = append(cells, cell{pipeline, requests, args})
		}
	}
	return cells
}

// measured is a server under redis-benchmark.
type measured struct {
	addr string
	pid  int
}

// result is what redis-benchmark reaches, and what it costs the server.
type result struct {
	rps       float64 // requests a second
	microsecs float64 // CPU time for each
}

// cpu returns the CPU time that a process' threads have used, in microseconds, 0 on systems
// without /proc.
func cpu(pid int) float64 {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	sum := 0.0
	for _, thread := range threads {
		stat, _ := os.ReadFile(thread)
		nanoseconds, _, _ := strings.Cut(string(stat), " ")
		ran, _ := strconv.ParseFloat(nanoseconds, 64)
		sum += ran / 1000
	}
	return sum
}

func (m measured) measure(t *testing.T, program string, c cell) result {
	t.Helper()
	before := cpu(m.pid)
	rps := m.benchmark(t, program, c)
	return result{rps, (cpu(m.pid) - before) / float64(c.requests)}
}

// benchmark returns the requests a second that redis-benchmark reaches.
func (m measured) benchmark(t *testing.T, program string, c cell) float64 {
	t.Helper()
	host, port, err := net.SplitHostPort(m.addr)
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
	redis := redistest.StartTCP(t)
	servers := []measured{{serveToy(t), os.Getpid()}, {redis.Addr, redis.PID}}
	unit, count := 500, 1
	if *full {
		second := redistest.StartTCP(t)
		servers = append(servers, measured{second.Addr, second.PID})
		unit, count = 10_000, *rounds
	}
	results := map[string][][]result{}
	for round := range count {
		for _, c := range cells(unit) {
			row := make([]result, len(servers))
			for i := range servers {
				i = (i + round) % len(servers) // none is always the first
				row[i] = servers[i].measure(t, program, c)
			}
			results[c.String()] = append(results[c.String()], row)
		}
	}
	if *full {
		printRatios(t, results)
	}
}

// column is one figure of all rounds, in order of size.
func column(rows [][]result, figure func(row []result) float64) (median, least, most float64) {
	var values []float64
	for _, row := range rows {
		values = append(values, figure(row))
	}
	slices.Sort(values)
	return values[len(values)/2], values[0], values[len(values)-1]
}

func printRatios(t *testing.T, results map[string][][]result) {
	var text strings.Builder
	fmt.Fprintf(&text, "%14s %9s %9s  %-22s %-22s %s\n", "", "loop/s", "redis/s", "loop : Redis", "Redis : Redis", "CPU us/request: loop, Redis, ratio")
	for _, c := range cells(1) {
		rows := results[c.String()]
		ours, _, _ := column(rows, func(row []result) float64 { return row[0].rps })
		theirs, _, _ := column(rows, func(row []result) float64 { return row[1].rps })
		ratio, low, high := column(rows, func(row []result) float64 { return row[0].rps / row[1].rps })
		control, controlLow, controlHigh := column(rows, func(row []result) float64 { return row[2].rps / row[1].rps })
		cost, _, _ := column(rows, func(row []result) float64 { return row[0].microsecs })
		redisCost, _, _ := column(rows, func(row []result) float64 { return row[1].microsecs })
		costs, _, _ := column(rows, func(row []result) float64 { return row[0].microsecs / row[1].microsecs })
		fmt.Fprintf(&text, "%14s %9.0f %9.0f  %.2f (%.2f to %.2f)    %.2f (%.2f to %.2f)    %.2f %.2f %.2f\n",
			c, ours, theirs, ratio, low, high, control, controlLow, controlHigh, cost, redisCost, costs)
	}
	t.Logf("median of %d rounds (least to most)\n%s", len(results[cells(1)[0].String()]), text.String())
}
