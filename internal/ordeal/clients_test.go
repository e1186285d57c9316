package ordeal

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"gset/internal/resp/redistest"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
)

// pair starts two members on loopback.
func pair(t *testing.T) *cluster {
	t.Helper()
	c := newClusterIn(t, &relays{}, "a", "b")
	for _, m := range c.members {
		c.start(m)
	}
	return c
}

// heardFrom fails the test unless next returns each of these elements once, in any order.
func heardFrom(t *testing.T, next func() (string, error), want ...string) {
	t.Helper()
	missing := map[string]bool{}
	for _, w := range want {
		missing[w] = true
	}
	for len(missing) > 0 {
		e, err := next()
		if err != nil || !missing[e] {
			t.Fatalf("heard %q, %v; want each of %v", e, err, missing)
		}
		delete(missing, e)
	}
}

// A subscriber of go-redis at one member is told what clients add at another.
func TestGoRedisSubscribesAtAnotherMember(t *testing.T) {
	c := pair(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, protocol := range []int{2, 3} {
		set := fmt.Sprint("s", protocol)
		client := goredis.NewClient(&goredis.Options{Addr: c.members[0].addr, Protocol: protocol})
		other := goredis.NewClient(&goredis.Options{Addr: c.members[1].addr, Protocol: protocol})
		sub := other.Subscribe(ctx, "__element@0__:"+set)
		if _, err := sub.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := client.SAdd(ctx, set, "x", "y").Result(); n != 2 || err != nil {
			t.Fatalf("SADD: %d, %v", n, err)
		}
		heardFrom(t, func() (string, error) {
			m, err := sub.ReceiveMessage(ctx)
			if err != nil {
				return "", err
			}
			return m.Payload, nil
		}, "x", "y")
		if n, err := other.SCard(ctx, set).Result(); n != 2 || err != nil {
			t.Errorf("SCARD: %d, %v", n, err)
		}
		_, _, _ = sub.Close(), client.Close(), other.Close()
	}
}

// A subscriber of redigo at one member is told what clients add at another.
func TestRedigoSubscribesAtAnotherMember(t *testing.T) {
	c := pair(t)
	sub := redis.PubSubConn{Conn: c.connect(c.members[1])}
	if err := sub.PSubscribe("__element@0__:*"); err != nil {
		t.Fatal(err)
	}
	if s, ok := sub.Receive().(redis.Subscription); !ok || s.Count != 1 {
		t.Fatalf("PSUBSCRIBE: %v", s)
	}
	if n := c.number(c.connect(c.members[0]), "SADD", "s", "x", "y"); n != 2 {
		t.Errorf("SADD: %d", n)
	}
	heardFrom(t, func() (string, error) {
		switch m := sub.Receive().(type) {
		case redis.Message:
			return string(m.Data), nil
		case error:
			return "", m
		default:
			return fmt.Sprint(m), nil
		}
	}, "x", "y")
}

// redis-cli subscribes in RESP2 and RESP3, and redis-benchmark knows what is supported by its own names.
func TestRedisToolsWorkOnACluster(t *testing.T) {
	cli, benchmark := redistest.Find(t, "redis-cli"), redistest.Find(t, "redis-benchmark")
	c := pair(t)
	for _, protocol := range []string{"-2", "-3"} {
		set := "s" + protocol
		host, port, _ := net.SplitHostPort(c.members[1].addr)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		cmd := exec.CommandContext(ctx, cli, "-h", host, "-p", port, protocol, "--csv", "subscribe", "__element@0__:"+set)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && !strings.Contains(lines.Text(), `"subscribe"`) {
		}
		if n := c.number(c.connect(c.members[0]), "SADD", set, "x"); n != 1 {
			t.Errorf("SADD: %d", n)
		}
		for lines.Scan() && !strings.Contains(lines.Text(), `"message"`) {
		}
		if !strings.HasSuffix(lines.Text(), `"x"`) {
			t.Errorf("redis-cli %s: %q", protocol, lines.Text())
		}
		cancel()
		_ = cmd.Wait() // says that it was killed
	}
	host, port, _ := net.SplitHostPort(c.members[0].addr)
	out, err := exec.Command(benchmark, "-h", host, "-p", port, "-n", "1000", "-q", "-t", "ping_inline,ping_mbulk,sadd,incr,get").CombinedOutput()
	if n := strings.Count(string(out), "requests per second"); err != nil || n != 5 || strings.Contains(string(out), "rror") {
		t.Errorf("redis-benchmark: %v\n%s", err, out)
	}
}
