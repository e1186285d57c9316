package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gset/internal/resp/redistest"
)

var (
	full    = flag.Bool("full", false, "run redis-benchmark against gsetd and redis-server in several rounds, and print a table")
	rounds  = flag.Int("rounds", 7, "rounds with -full")
	members = flag.Int("members", 0, "members of gsetd's cluster; 0 for a node without certificates")
	fsyncs  = flag.String("fsyncs", "everysec,always", "values of fsync to compare, with -full")
	only    = flag.String("only", "", "compare loads whose names contain this, with -full")
)

// load is a way to run redis-benchmark, and its name in the table.
type load struct {
	name string
	redistest.Load
}

// loads returns what both servers are measured with. Numbers are drawn from so many that most elements
// and names are new, but for those of INCR, which are soon known.
func loads(unit int) (all []load) {
	const many, some = 100_000_000, 100_000
	for _, pipeline := range []int{1, 16} {
		requests := unit
		if pipeline > 1 {
			requests *= 5
		}
		for _, l := range []load{
			{"SADD", redistest.Load{Range: many, Command: []string{"SADD", "myset", "element:__rand_int__"}}},
			{"SISMEMBER", redistest.Load{Range: many, Command: []string{"SISMEMBER", "myset", "element:__rand_int__"}}},
			{"INCR one", redistest.Load{Command: []string{"INCR", "counter"}}}, // as redis-benchmark -t incr does
			{"INCR", redistest.Load{Range: some, Command: []string{"INCR", "counter:__rand_int__"}}},
			{"INCR new", redistest.Load{Range: many, Command: []string{"INCR", "new:__rand_int__"}}},
		} {
			l.name = fmt.Sprintf("%-9s P%d", l.name, pipeline)
			l.Pipeline, l.Requests = pipeline, requests
			if strings.Contains(l.name, *only) {
				all = append(all, l)
			}
		}
	}
	return all
}

// build compiles the command, as users have it.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gsetd")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// spawn runs the command with the given arguments until the test ends. It returns where clients reach it,
// and the last of the lines lines that it prints first.
func spawn(t *testing.T, program string, lines int, args ...string) (server redistest.Server, last string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	printed := bufio.NewScanner(out)
	server.PID = cmd.Process.Pid
	for range lines {
		if !printed.Scan() {
			t.Fatalf("gsetd %q ended", args)
		}
		last = printed.Text()
		if addr, ok := strings.CutPrefix(last, "serving "); ok {
			server.Addr = addr
		}
	}
	return server, last
}

// spawnCluster runs a node alone, or so many members of a cluster, and returns the first.
func spawnCluster(t *testing.T, program, fsync string, members int) redistest.Server {
	t.Helper()
	dir := t.TempDir()
	serve := func(name string) []string {
		return []string{"serve", "--listen=127.0.0.1:0", "--fsync=" + fsync, "--dir=" + filepath.Join(dir, name)}
	}
	if members == 0 {
		server, _ := spawn(t, program, 1, serve("alone")...)
		return server
	}
	ca := newCA(t)
	var first redistest.Server
	var peer string
	for i := range members {
		name := fmt.Sprintf("n%d", i+1)
		files, err := ca.Write(filepath.Join(dir, "certificates"), name)
		if err != nil {
			t.Fatal(err)
		}
		args := append(serve(name), "--peer-cert="+files.Certificate, "--peer-key="+files.Key, "--peer-ca="+files.Authority)
		if i > 0 {
			args = append(args, "--peer-join="+peer)
		}
		server, last := spawn(t, program, 2, args...)
		if i == 0 {
			first, peer = server, strings.TrimPrefix(last, "other members join by ")
		}
	}
	return first
}

// Measures gsetd beside redis-server with the same fsync, in alternating rounds, and Redis beside a
// second Redis:
//
//	go test ./cmd/gsetd -run TestBesideRedis -v -full
//	go test ./cmd/gsetd -run TestBesideRedis -v -full -members 3
func TestBesideRedis(t *testing.T) {
	redistest.Find(t, "redis-server")
	program := build(t)
	for _, fsync := range strings.Split(*fsyncs, ",") {
		t.Run(fsync, func(t *testing.T) {
			servers := []redistest.Server{
				spawnCluster(t, program, fsync, *members),
				redistest.StartTCP(t, "--appendonly", "yes", "--appendfsync", fsync),
				redistest.StartTCP(t, "--appendonly", "yes", "--appendfsync", fsync),
			}
			unit, count := 200, 1
			if *full {
				unit, count = 40_000, *rounds
				if fsync == "always" {
					unit = 10_000
				}
			}
			compare(t, servers, loads(unit), count)
		})
	}
}

func compare(t *testing.T, servers []redistest.Server, all []load, count int) {
	results := make([][]redistest.Round, len(all))
	for round := range count {
		for i, l := range all {
			var row redistest.Round
			for k := range servers {
				k = (k + round) % len(servers) // none is always the first
				row[k] = l.Measure(t, servers[k].Addr, servers[k].PID)
			}
			results[i] = append(results[i], row)
		}
	}
	var table strings.Builder
	for i, l := range all {
		table.WriteString(redistest.Line(l.name, results[i]))
	}
	t.Logf("median of %d rounds (least to most)\n%s%s", count, redistest.Header, table.String())
}
