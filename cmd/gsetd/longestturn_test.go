package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// info returns a field of a server's INFO.
func info(t *testing.T, c redis.Conn, field string) string {
	t.Helper()
	text, err := redis.String(c.Do("INFO"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(text, "\n"+field+":")
	if !found {
		t.Fatalf("INFO has no %s", field)
	}
	value, _, _ := strings.Cut(after, "\r")
	return value
}

// Prints for how long the loops of two members were away from their clients at most: while a million elements
// are added, while a backup of them is written, and while they are sent to a member that has none:
//
//	go test ./cmd/gsetd -run TestLongestTurn -v -full
func TestLongestTurn(t *testing.T) {
	n := 20_000
	if *full {
		n = 1_000_000
	}
	ca := newCA(t)
	program, dir := build(t), t.TempDir()
	serve := func(name string, more ...string) (redis.Conn, string, string) {
		files, err := ca.Write(filepath.Join(dir, "certificates"), name)
		if err != nil {
			t.Fatal(err)
		}
		server, last := spawn(t, program, 2, append([]string{"serve", "--listen=127.0.0.1:0", "--fsync=everysec", "--dir=" + filepath.Join(dir, name),
			"--backup=" + filepath.Join(dir, name+".backup"), "--peer-cert=" + files.Certificate, "--peer-key=" + files.Key, "--peer-ca=" + files.Authority}, more...)...)
		c := connect(t, server.Addr, redis.DialReadTimeout(10*time.Minute))
		t.Cleanup(func() { _ = c.Close() })
		return c, server.Addr, strings.TrimPrefix(last, "other members join by ")
	}
	first, addr, peer := serve("n1")
	report := func(what string, members ...redis.Conn) {
		var turns []string
		for _, c := range members {
			turns = append(turns, info(t, c, "loop_longest_turn_usec")+" us")
			if _, err := c.Do("CONFIG", "RESETSTAT"); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: the longest turn took %s", what, strings.Join(turns, ", at the other "))
	}
	addAll(t, addr, n)
	report(fmt.Sprintf("%d elements are added", n), first)
	if _, err := first.Do("BGSAVE"); err != nil {
		t.Fatal(err)
	}
	for info(t, first, "rdb_bgsave_in_progress") != "0" {
	}
	report("a backup of them is written", first)
	second, _, _ := serve("n2", "--peer-join="+peer)
	do(t, first, 1, "WAIT", 1, 0)
	report("they are sent to a new member", first, second)
	do(t, second, n, "SCARD", "seen")
}
