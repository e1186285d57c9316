package gsetd_test

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/internal/gsetd"
	"gset/internal/resp/redistest"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
)

// go-redis says HELLO 3, CLIENT SETINFO and more when it connects.
func TestGoRedisWorks(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", protocol), func(t *testing.T) {
			addr := serve(t, gsetd.Config{Password: "secret"})
			ctx := context.Background()
			c := goredis.NewClient(&goredis.Options{Addr: addr, Protocol: protocol, Password: "secret", ClientName: "test"})
			defer func() { _ = c.Close() }()
			check := func(what string, got, want any, err error) {
				t.Helper()
				if fmt.Sprint(got) != fmt.Sprint(want) || err != nil {
					t.Errorf("%s: %v, %v, want %v", what, got, err, want)
				}
			}
			added, err := c.SAdd(ctx, "s", "a", "b", "a").Result()
			check("SADD", added, 2, err)
			members, err := c.SMembersMap(ctx, "s").Result()
			check("SMEMBERS", members, map[string]struct{}{"a": {}, "b": {}}, err)
			both, err := c.SMIsMember(ctx, "s", "a", "x").Result()
			check("SMISMEMBER", both, []bool{true, false}, err)
			n, err := c.IncrBy(ctx, "n", 5).Result()
			check("INCRBY", n, 5, err)
			value, err := c.Get(ctx, "n").Int64()
			check("GET", value, 5, err)
			if err := c.Get(ctx, "none").Err(); err != goredis.Nil {
				t.Errorf("GET none: %v", err)
			}
			save, err := c.ConfigGet(ctx, "save").Result()
			check("CONFIG GET save", save, map[string]string{"save": ""}, err)
			commands, err := c.Command(ctx).Result()
			if err != nil || commands["sadd"] == nil || commands["sadd"].Arity != -3 {
				t.Errorf("COMMAND: %v, %v", commands["sadd"], err)
			}
			if err := c.Del(ctx, "s").Err(); err == nil || !strings.Contains(err.Error(), "only grows") {
				t.Errorf("DEL: %v", err)
			}
			held, err := c.Wait(ctx, 1, time.Millisecond).Result()
			check("WAIT", held, 0, err)
			info, err := c.Info(ctx).Result()
			if err != nil || !strings.Contains(info, "redis_version:7") {
				t.Errorf("INFO: %v", err)
			}
		})
	}
}

// A subscriber of go-redis is told of each new element, once.
func TestGoRedisSubscribes(t *testing.T) {
	addr := serve(t, gsetd.Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c := goredis.NewClient(&goredis.Options{Addr: addr})
	defer func() { _ = c.Close() }()
	sub := c.Subscribe(ctx, "__element@0__:s")
	defer func() { _ = sub.Close() }()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.SAdd(ctx, "s", "one", "two").Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SAdd(ctx, "s", "three").Err(); err != nil {
		t.Fatal(err)
	}
	var heard []string
	for range 3 {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, m.Payload)
	}
	slices.Sort(heard)
	if want := []string{"one", "three", "two"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

func TestGoRedisWalksAllOfASet(t *testing.T) {
	addr := serve(t, gsetd.Config{})
	ctx := context.Background()
	c := goredis.NewClient(&goredis.Options{Addr: addr})
	defer func() { _ = c.Close() }()
	want := map[string]bool{}
	for i := range 5000 {
		e := fmt.Sprint("element", i)
		want[e] = true
		if i%100 == 0 {
			if err := c.SAdd(ctx, fmt.Sprint("set", i), e).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.SAdd(ctx, "s", e).Err(); err != nil {
			t.Fatal(err)
		}
	}
	elements := c.SScan(ctx, "s", 0, "", 7).Iterator()
	for elements.Next(ctx) {
		delete(want, elements.Val())
	}
	if err := elements.Err(); err != nil || len(want) > 0 {
		t.Errorf("SSCAN has left out %d elements; %v", len(want), err)
	}
	n := 0
	names := c.Scan(ctx, 0, "set*", 7).Iterator()
	for names.Next(ctx) {
		n++
	}
	if err := names.Err(); err != nil || n != 50 {
		t.Errorf("SCAN has found %d names of 50; %v", n, err)
	}
}

func TestRedigoWorks(t *testing.T) {
	addr := serve(t, gsetd.Config{Password: "secret"})
	c, err := redis.Dial("tcp", addr, redis.DialPassword("secret"), redis.DialClientName("test"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for i := range 1000 {
		if err := c.Send("SADD", "s", i%500); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	added := 0
	for range 1000 {
		n, err := redis.Int(c.Receive())
		if err != nil {
			t.Fatal(err)
		}
		added += n
	}
	if n, err := redis.Int(c.Do("SCARD", "s")); n != 500 || added != 500 || err != nil {
		t.Errorf("%d added, %d there, %v", added, n, err)
	}
	if n, err := redis.Int64(c.Do("DECRBY", "n", 3)); n != -3 || err != nil {
		t.Errorf("DECRBY: %d, %v", n, err)
	}
	if _, err := c.Do("SET", "n", 1); err == nil || !strings.Contains(err.Error(), "only grows") {
		t.Errorf("SET: %v", err)
	}
}

// redis-cli and redis-benchmark see no error in what is supported.
func TestRedisBenchmarkSeesNoErrors(t *testing.T) {
	host, port, _ := strings.Cut(serve(t, gsetd.Config{}), ":")
	benchmark := redistest.Find(t, "redis-benchmark")
	for _, args := range [][]string{
		{"-t", "ping,sadd,incr,get", "-r", "1000"},
		{"-t", "sadd,incr", "-P", "16", "-3"},
		{"-r", "1000", "sismember", "s", "__rand_int__"},
	} {
		cmd := exec.Command(benchmark, append([]string{"-h", host, "-p", port, "-n", "3000", "-q"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "rror") || !strings.Contains(string(out), "requests per second") {
			t.Errorf("redis-benchmark %q: %v\n%s", args, err, out)
		}
	}
	out, err := exec.Command(redistest.Find(t, "redis-cli"), "-h", host, "-p", port, "incr", "n").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Errorf("redis-cli: %q, %v", out, err)
	}
}
