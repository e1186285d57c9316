package ordeal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gset/internal/freeport"
)

const (
	clientsOfAll = 64 // clients, of three members together
	roundTime    = 3 * time.Second
	rounds       = 7
)

// written numbers all writes, so that each is new to each rival.
var written atomic.Int64

// rival is a service of three members that takes small writes from clientsOfAll clients, which share connections.
type rival struct {
	name        string
	connections int
	writer      func(client int) (write func(n int) error) // write returns when one write is acknowledged

	figures []float64 // writes a second, of each round
	writes  int64
	clients time.Duration // processor time of the clients
}

// SADD at three members is held against puts of etcd, round by round in turn. Both sync before they answer. They
// promise different things: a put is then at two of three members and in one order with all others, an
// element is on the disk of the member that was asked, and on its way. Between members etcd has no TLS here, and gsetd has.
func TestBesideEtcd(t *testing.T) {
	etcd, err := exec.LookPath("etcd")
	if err != nil || !*full {
		t.Log("nothing is measured without -full, and etcd: apt-get install etcd-server", err)
		return
	}
	c := newClusterIn(t, &relays{}, "a", "b", "c")
	for _, m := range c.members {
		c.start(m)
	}
	c.agree()
	urls := startEtcd(t, etcd)
	leader := urls[leaderOf(t, urls)]
	rivals := []*rival{
		{name: "gsetd SADD, all members", connections: clientsOfAll, writer: c.adders(clientsOfAll)},
		{name: "etcd put, all members", connections: clientsOfAll, writer: putters(urls, clientsOfAll)},
		{name: "etcd put, the leader", connections: clientsOfAll, writer: putters([]string{leader}, clientsOfAll)},
		{name: "gsetd SADD, all members", connections: 6, writer: c.adders(6)},
		{name: "etcd put, all members", connections: 6, writer: putters(urls, 6)},
		{name: "etcd put, the leader", connections: 6, writer: putters([]string{leader}, 6)},
	}
	for round := range rounds + 1 {
		for _, r := range rivals {
			r.round(t, round)
		}
	}
	for _, r := range rivals {
		r.log(t)
	}
	for _, few := range [][]*rival{rivals[:3], rivals[3:]} {
		t.Logf("%d clients on %d connections, medians of %d rounds of %v in turn: gsetd %.1f x the better of etcd", clientsOfAll,
			few[0].connections, rounds, roundTime, few[0].median()/max(few[1].median(), few[2].median()))
	}
}

// median returns the median of the rounds.
func (r *rival) median() float64 { return r.sorted()[rounds/2] }

func (r *rival) sorted() []float64 { return slices.Sorted(slices.Values(r.figures)) }

// log prints the figures of all rounds.
func (r *rival) log(t *testing.T) {
	sorted := r.sorted()
	t.Logf("%-24s %2d connections: %7.0f/s (%.0f to %.0f); the clients take %v of a processor for each", r.name, r.connections,
		r.median(), sorted[0], sorted[rounds-1], (r.clients / time.Duration(r.writes)).Round(time.Microsecond))
}

// round has all clients write for some time. The first round warms up.
func (r *rival) round(t *testing.T, round int) {
	t.Helper()
	var over atomic.Bool
	var done atomic.Int64
	var clients sync.WaitGroup
	errs := make([]error, clientsOfAll)
	began, took := time.Now(), processorTime()
	for i := range clientsOfAll {
		clients.Go(func() {
			write := r.writer(i)
			for !over.Load() && errs[i] == nil {
				errs[i] = write(int(written.Add(1)))
				done.Add(1)
			}
		})
	}
	<-time.After(roundTime)
	over.Store(true)
	clients.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	if round > 0 {
		r.figures = append(r.figures, float64(done.Load())/time.Since(began).Seconds())
		r.writes += done.Load()
		r.clients += processorTime() - took
	}
}

// text returns what a client writes: 15 bytes.
func text(n int) string { return fmt.Sprintf("%015x", n) }

// adders returns clients of gsetd that share so many connections, each to one of the members. What several send on one
// connection at a time is a pipeline.
func (c *cluster) adders(connections int) func(client int) func(n int) error {
	pipelines := make([]*pipeline, connections)
	for i := range pipelines {
		conn, err := net.Dial("tcp", c.members[i%len(c.members)].addr)
		if err != nil {
			c.t.Fatal(err)
		}
		pipelines[i] = newPipeline(conn)
		c.t.Cleanup(func() {
			close(pipelines[i].requests)
			_ = conn.Close()
		})
	}
	return func(client int) func(n int) error {
		p, done := pipelines[client%connections], make(chan error, 1)
		return func(n int) error {
			p.requests <- request{text(n), done}
			return <-done
		}
	}
}

// request is a SADD of an element.
type request struct {
	element string
	done    chan error
}

// pipeline is a connection that several clients share.
type pipeline struct {
	requests chan request
	sent     chan request
}

func newPipeline(conn net.Conn) *pipeline {
	p := &pipeline{make(chan request, clientsOfAll), make(chan request, clientsOfAll)}
	go p.write(conn)
	go p.read(conn)
	return p
}

// write sends what has come meanwhile at once.
func (p *pipeline) write(conn net.Conn) {
	defer close(p.sent)
	var buf []byte
	for r := range p.requests {
		buf = buf[:0]
		for more := true; more; {
			buf = fmt.Appendf(buf, "*3\r\n$4\r\nSADD\r\n$1\r\ns\r\n$15\r\n%s\r\n", r.element)
			p.sent <- r
			select {
			case r, more = <-p.requests:
			default:
				more = false
			}
		}
		_, _ = conn.Write(buf) // the reader finds out
	}
}

// read hands each reply to the client that waits for it.
func (p *pipeline) read(conn net.Conn) {
	in := bufio.NewReader(conn)
	for r := range p.sent {
		reply, err := in.ReadString('\n')
		if err == nil && reply != ":1\r\n" {
			err = fmt.Errorf("SADD: %q", reply)
		}
		r.done <- err
	}
}

// putters returns clients of etcd that share so many connections of HTTP/2, each to one of the members. They speak gRPC
// as etcd's own client does: a put is one stream, with a message of two fields.
func putters(urls []string, connections int) func(client int) func(n int) error {
	clients := make([]*http.Client, connections)
	for i := range clients {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		clients[i] = &http.Client{Transport: &http.Transport{Protocols: &protocols}}
	}
	return func(client int) func(n int) error {
		i := client % connections
		return func(n int) error { return put(clients[i], urls[i%len(urls)], text(n), "1") }
	}
}

// put is etcdserverpb.KV.Put(key, value).
func put(client *http.Client, url, key, value string) error {
	message := append([]byte{0x0a, byte(len(key))}, key...)
	message = append(append(message, 0x12, byte(len(value))), value...)
	body := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	request, err := http.NewRequest(http.MethodPost, url+"/etcdserverpb.KV/Put", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	status := response.Trailer.Get("Grpc-Status") + response.Header.Get("Grpc-Status")
	if err == nil && status != "0" {
		err = fmt.Errorf("put: gRPC status %q: %s", status, response.Trailer.Get("Grpc-Message"))
	}
	return err
}

// startEtcd starts three members of etcd on loopback, which end with the test, and returns their URLs for clients.
func startEtcd(t *testing.T, program string) (urls []string) {
	t.Helper()
	const members = 3
	var all, peers []string
	for i := range 2 * members {
		url := "http://" + freeport.Reserve(t)
		if i < members {
			urls = append(urls, url)
		} else {
			peers = append(peers, url)
			all = append(all, fmt.Sprintf("n%d=%s", i-members, url))
		}
	}
	dir := t.TempDir()
	for i := range members {
		cmd := exec.Command(program, "--name", fmt.Sprint("n", i), "--data-dir", filepath.Join(dir, fmt.Sprint(i)),
			"--listen-client-urls", urls[i], "--advertise-client-urls", urls[i],
			"--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i],
			"--initial-cluster", strings.Join(all, ","), "--quota-backend-bytes", fmt.Sprint(int64(8<<30)), "--log-level", "error")
		cmd.SysProcAttr = ended()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // says that it was killed
		})
	}
	return urls
}

// leaderOf waits until a cluster of etcd takes a put at each member, and returns which of them leads.
func leaderOf(t *testing.T, urls []string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, url := range urls {
		for err := errors.New("not yet"); err != nil; {
			if err = putters([]string{url}, 1)(0)(0); err != nil && ctx.Err() != nil {
				t.Fatal(err)
			}
		}
	}
	for i, url := range urls {
		metrics, err := http.Get(url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(metrics.Body)
		_ = metrics.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\netcd_server_is_leader 1\n") {
			return i
		}
	}
	t.Fatal("no member of etcd leads")
	return 0
}
