package redistest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Load is one way to run redis-benchmark.
type Load struct {
	Pipeline int
	Requests int
	Range    int      // of the number that stands for __rand_int__; 0 leaves the word as it is
	Command  []string // with __rand_int__ where a random number is to be
}

// clients is how many connections redis-benchmark opens: its default.
const clients = 50

// Cost is what a server does under a load, and what that takes.
type Cost struct {
	Rate float64 // requests a second
	CPU  float64 // microseconds of all the server's threads for each; 0 on a system without /proc
}

// Measure runs redis-benchmark against a server at host:port, whose process has the given number.
func (l Load) Measure(t testing.TB, addr string, pid int) Cost {
	t.Helper()
	before := CPU(pid)
	rate := l.run(t, addr)
	return Cost{rate, (CPU(pid) - before) / float64(l.Requests)}
}

// run returns the requests a second that redis-benchmark reaches.
func (l Load) run(t testing.TB, addr string) float64 {
	t.Helper()
	program := Find(t, "redis-benchmark")
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-h", host, "-p", port, "--csv", "-c", strconv.Itoa(clients), "-n", strconv.Itoa(l.Requests), "-P", strconv.Itoa(l.Pipeline)}
	if l.Range > 0 {
		args = append(args, "-r", strconv.Itoa(l.Range))
	}
	args = append(args, l.Command...)
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("redis-benchmark %v: %v", args, err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("redis-benchmark %v printed %q: %v", args, out, err)
	}
	rate, err := strconv.ParseFloat(rows[1][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return rate
}

// CPU returns the CPU time that a process' threads have used, in microseconds, 0 on a system without /proc.
func CPU(pid int) float64 {
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

// Round is the costs of one load at a server, at a first Redis and at a second one, measured one after
// the other.
type Round [3]Cost

// Header is the line above lines of Line.
const Header = "                      ours/s   Redis/s  ours : Redis           Redis : Redis          CPU us/request: ours, Redis, ratio\n"

// Line returns the medians of some rounds of a load, with the least and the most of ratios.
func Line(name string, rounds []Round) string {
	figure := func(f func(r Round) float64) (median, least, most float64) {
		values := make([]float64, 0, len(rounds))
		for _, r := range rounds {
			values = append(values, f(r))
		}
		slices.Sort(values)
		return values[len(values)/2], values[0], values[len(values)-1]
	}
	ours, _, _ := figure(func(r Round) float64 { return r[0].Rate })
	redis, _, _ := figure(func(r Round) float64 { return r[1].Rate })
	ratio, low, high := figure(func(r Round) float64 { return r[0].Rate / r[1].Rate })
	noise, noiseLow, noiseHigh := figure(func(r Round) float64 { return r[2].Rate / r[1].Rate })
	cost, _, _ := figure(func(r Round) float64 { return r[0].CPU })
	redisCost, _, _ := figure(func(r Round) float64 { return r[1].CPU })
	costs, _, _ := figure(func(r Round) float64 { return r[0].CPU / r[1].CPU })
	return fmt.Sprintf("%-18s %9.0f %9.0f  %.2f (%.2f to %.2f)    %.2f (%.2f to %.2f)    %5.2f %5.2f %.2f\n",
		name, ours, redis, ratio, low, high, noise, noiseLow, noiseHigh, cost, redisCost, costs)
}
