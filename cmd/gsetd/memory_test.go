package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"gset/internal/resp/redistest"
)

var elements = flag.String("elements", "1000000", "elements of TestResidentMemory with -full, separated by commas")

// resident returns how many bytes of a process are in memory: its own, and the pages of its program's file.
// Both are 0 on a system without /proc.
func resident(pid int) (own, program float64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	field := func(name string) float64 {
		_, after, _ := strings.Cut(string(status), name+":")
		kilobytes, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		n, _ := strconv.Atoi(kilobytes)
		return float64(n << 10)
	}
	return field("RssAnon"), field("RssFile")
}

// addAll adds n elements of 15 bytes to a set, each by a command of its own, in pipelines.
func addAll(t *testing.T, addr string, n int) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	in, out := bufio.NewReader(c), bufio.NewWriter(c)
	const pipeline = 500
	for i := 0; i < n; i += pipeline {
		k := min(pipeline, n-i)
		for j := range k {
			e := uint64(i+j) * 0x9e3779b97f4a7c15 >> 14 // 50 bits of a permutation
			fmt.Fprintf(out, "*3\r\n$4\r\nSADD\r\n$4\r\nseen\r\n$15\r\n%015d\r\n", e%1_000_000_000_000_000)
		}
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, in, int64(4*k)); err != nil {
			t.Fatal(err)
		}
	}
}

// An element of 15 bytes that was added over the wire takes at most 45 bytes of a member's resident
// memory in a set of a million, with all that comes with it: digest, sketch, buffers and garbage.
//
//	go test ./cmd/gsetd -run TestResidentMemory -v -full -elements 1000000,10000000
func TestResidentMemory(t *testing.T) {
	redistest.Find(t, "redis-server")
	program := build(t)
	sizes := "20000"
	if *full {
		sizes = *elements
	}
	for _, size := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		ours := spawnCluster(t, program, "everysec", max(1, *members))
		redis := redistest.StartTCP(t)
		for _, s := range []struct {
			name string
			redistest.Server
		}{{"gsetd", ours}, {"Redis", redis}} {
			empty, _ := resident(s.PID)
			before := redistest.CPU(s.PID)
			addAll(t, s.Addr, n)
			took := redistest.CPU(s.PID) - before
			own, file := resident(s.PID)
			each := (own - empty) / float64(n)
			t.Logf("%s, %d elements: %.1f bytes of resident memory and %.2f us of CPU time for each; before the first it took %.1f MB, and its program's pages take %.1f MB",
				s.name, n, each, took/float64(n), empty/1e6, file/1e6)
			if s.PID == ours.PID && n >= 1_000_000 && each > 45 {
				t.Errorf("%s takes more than 45 bytes an element", s.name)
			}
		}
	}
}
