package gsetd_test

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/gsetd"
)

func TestOneCommandAdds200000Elements(t *testing.T) {
	const n = 200_000
	p := dial(t, "tcp", serve(t, gsetd.Config{}))
	args := []string{"SADD", "s"}
	for i := range n {
		args = append(args, fmt.Sprint("element", i))
	}
	if got := p.call(args...).String(); got != ":200000" {
		t.Errorf("SADD: %s", got)
	}
	p.expect("SCARD s", ":200000")
	if got := len(p.do("SMEMBERS s").parts); got != n {
		t.Errorf("SMEMBERS: %d elements", got)
	}
	if got := len(p.do("SRANDMEMBER s 100000").parts); got != n/2 {
		t.Errorf("SRANDMEMBER: %d elements", got)
	}
}

func TestAMillionPipelinedCommands(t *testing.T) {
	const n = 1_000_000
	p := dial(t, "tcp", serve(t, gsetd.Config{}))
	one := appendCommand(nil, "INCR", "n")
	go func() {
		var batch []byte
		for i := range n {
			batch = append(batch, one...)
			if len(batch) > 1<<16 || i == n-1 {
				if _, err := p.nc.Write(batch); err != nil {
					return
				}
				batch = batch[:0]
			}
		}
	}()
	for i := range n {
		r, err := readReply(p.in)
		if want := fmt.Sprint(i + 1); err != nil || r.kind != ':' || r.text != want {
			t.Fatalf("reply %d: %v, %v", i, r, err)
		}
	}
}

// A client that never reads is served no more, and others do not notice.
func TestAClientThatNeverReadsHarmsNobody(t *testing.T) {
	addr := serve(t, gsetd.Config{})
	p := dial(t, "tcp", addr)
	args := []string{"SADD", "s"}
	for i := range 10_000 {
		args = append(args, strings.Repeat("x", 100)+fmt.Sprint(i))
	}
	p.call(args...)
	deaf, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	one := appendCommand(nil, "SMEMBERS", "s")
	for range 10_000 { // 10 GB of replies, if they were made
		if _, err := deaf.Write(one); err != nil {
			break
		}
	}
	p.expect("PING", "+PONG")
	if held := field(p.do("INFO memory").text, "mem_clients_normal"); len(held) > len("99999999") {
		t.Errorf("connections hold %s bytes", held)
	}
}

// field returns a value of INFO.
func field(info, key string) string {
	_, after, _ := strings.Cut(info, "\n"+key+":")
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}

// Above the memory limit updates are refused, and everything else goes on.
func TestUpdatesAreRefusedAboveTheMemoryLimit(t *testing.T) {
	const limit = 1 << 20
	p := dial(t, "tcp", serve(t, gsetd.Config{MaxMemory: limit}))
	p.expect("SADD s first", ":1")
	refused := 0
	for i := range 200 {
		args := []string{"SADD", "s"}
		for j := range 100 {
			args = append(args, fmt.Sprintf("%0100d", i*1000+j))
		}
		if r := p.call(args...); r.kind == '-' {
			refused++
			if !strings.HasPrefix(r.text, "OOM ") {
				t.Fatal(r)
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
	if r := p.call("SADD", "s", strings.Repeat("x", 60_000), strings.Repeat("y", 60_000), strings.Repeat("z", 60_000)).text; !strings.HasPrefix(r, "OOM ") {
		t.Error(r)
	}
	p.expect("SISMEMBER s first", ":1")
	p.expect("PING", "+PONG")
	used, err := strconv.Atoi(field(p.do("INFO memory").text, "used_memory_dataset"))
	if err != nil || used < limit/2 || used > limit {
		t.Errorf("the state takes %d bytes, %v", used, err)
	}
	if n := field(p.do("INFO stats").text, "gset_refused_for_memory"); n != fmt.Sprint(refused+1) {
		t.Errorf("INFO counts %s commands that were refused, of %d", n, refused+1)
	}
}

// Each limit holds at one more, and not at itself.
func TestLimits(t *testing.T) {
	p := dial(t, "tcp", serve(t, gsetd.Config{}))
	name := strings.Repeat("n", crdt.MaxName)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"SADD", name, "e"}, ":1"},
		{[]string{"SADD", name + "n", "e"}, "-ERR name of 1025 bytes, more than 1024"},
		{[]string{"INCR", name + "n"}, "-ERR name of 1025 bytes, more than 1024"},
		{[]string{"SADD", "s", strings.Repeat("e", crdt.MaxMember-1)}, ":1"},
		{[]string{"SADD", "s", "new", strings.Repeat("e", crdt.MaxMember)}, "-ERR element of 65527 bytes, more than 65527 together with the name; nothing was added"},
		{[]string{"SISMEMBER", "s", "new"}, ":0"},
		{[]string{"SISMEMBER", "s", strings.Repeat("e", 100_000)}, ":0"},
		{[]string{"SISMEMBER", strings.Repeat("n", 100_000), "e"}, ":0"},
		{[]string{"SRANDMEMBER", "s", "-1048577"}, "-ERR value is out of range, value must between -1048576 and 9223372036854775807"},
		{[]string{"SUBSCRIBE", strings.Repeat("c", 2049)}, "-ERR channel of more than 2048 bytes"},
		{append([]string{"SUBSCRIBE"}, strings.Fields(strings.Repeat("c ", 10_001))...), "-ERR more than 10000 subscriptions of a client"},
	} {
		if got := p.call(c.args...).String(); got != c.want {
			t.Errorf("%.60q: %s, want %s", c.args, got, c.want)
		}
	}
}

// What waits, and whoever is subscribed, goes with the connection.
func TestClientsLeaveWhileTheyWait(t *testing.T) {
	addr := serve(t, gsetd.Config{})
	p := dial(t, "tcp", addr)
	for range 20 {
		q := dial(t, "tcp", addr)
		q.send(appendCommand(appendCommand(nil, "SUBSCRIBE", "c"), "RESET"))
		q.send(appendCommand(nil, "WAIT", "1", "0"))
		for range 2 {
			q.read()
		}
		for field(p.do("INFO clients").text, "blocked_clients") != "1" {
		}
		_ = q.nc.Close()
		for field(p.do("INFO clients").text, "blocked_clients") != "0" {
		}
	}
	p.send(appendCommand(nil, "WAIT", "1", "20"))
	if got := p.read().String(); got != ":0" {
		t.Errorf("WAIT: %s", got)
	}
}

// A client that is killed finds its connection closed.
func TestKilledClientsAreClosed(t *testing.T) {
	addr := serve(t, gsetd.Config{})
	p, q := dial(t, "tcp", addr), dial(t, "tcp", addr)
	id := q.do("CLIENT ID").text
	p.expect("CLIENT KILL ID "+id, ":1")
	if _, err := io.ReadAll(q.nc); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	_ = q.nc.SetDeadline(time.Time{})
	if n := strings.Count(p.do("CLIENT LIST").text, "\n"); n != 1 {
		t.Errorf("%d clients", n)
	}
}
