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
)

const (
	clientsOfAll = 64 // clients, of three members together
	roundTime    = 4 * time.Second
	rounds       = 7
)

// rival is a service of three members that takes small writes from clientsOfAll clients.
type rival struct {
	name   string
	writer func(client int) (write func(n int) error) // write acknowledges one write

	figures []float64 // writes a second, of each round
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
	adders := make([]func(n int) error, clientsOfAll)
	for i := range adders {
		adders[i] = c.adder(i)
	}
	rivals := []*rival{
		{name: "gsetd SADD, all members", writer: func(client int) func(int) error { return adders[client] }},
		{name: "etcd put, all members", writer: putter(urls, clientsOfAll)},
		{name: "etcd put, the leader", writer: putter([]string{leader}, clientsOfAll)},
		{name: "etcd put, the leader, 4 connections", writer: putter([]string{leader}, 4)},
		{name: "etcd put, all members, 6 connections", writer: putter(urls, 6)},
	}
	for round := range rounds + 1 {
		for _, r := range rivals {
			persecond := r.round(t, round)
			if round > 0 { // the first warms up
				r.figures = append(r.figures, persecond)
			}
		}
	}
	best := 0.0
	for _, r := range rivals {
		slices.Sort(r.figures)
		t.Logf("%-37s %7.0f/s (%.0f to %.0f)", r.name, r.figures[rounds/2], r.figures[0], r.figures[rounds-1])
		if strings.HasPrefix(r.name, "etcd") {
			best = max(best, r.figures[rounds/2])
		}
	}
	t.Logf("%d clients, medians of %d rounds of %v in turn: gsetd %.1f x the best of etcd", clientsOfAll, rounds, roundTime, rivals[0].figures[rounds/2]/best)
}

// round has all clients write for some time, and returns the writes a second.
func (r *rival) round(t *testing.T, round int) float64 {
	t.Helper()
	var over atomic.Bool
	var done atomic.Int64
	var clients sync.WaitGroup
	errs := make([]error, clientsOfAll)
	began := time.Now()
	for i := range clientsOfAll {
		clients.Go(func() {
			write := r.writer(i)
			for n := 0; !over.Load() && errs[i] == nil; n++ {
				errs[i] = write(round<<32 | i<<24 | n)
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
	return float64(done.Load()) / time.Since(began).Seconds()
}

// text returns what a client writes: 15 bytes.
func text(n int) string { return fmt.Sprintf("%015x", n) }

// adder returns a client of one of the members, on a connection of its own.
func (c *cluster) adder(client int) func(n int) error {
	conn, err := net.Dial("tcp", c.members[client%len(c.members)].addr)
	if err != nil {
		return func(int) error { return err }
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	in := bufio.NewReader(conn)
	return func(n int) error {
		if _, err := fmt.Fprintf(conn, "*3\r\n$4\r\nSADD\r\n$1\r\ns\r\n$15\r\n%s\r\n", text(n)); err != nil {
			return err
		}
		reply, err := in.ReadString('\n')
		if err == nil && reply != ":1\r\n" {
			err = fmt.Errorf("SADD: %q", reply)
		}
		return err
	}
}

// putter returns clients of etcd that share so many connections of HTTP/2, each to one of the members. They speak gRPC
// as etcd's own client does: a put is one stream, with a message of two fields.
func putter(urls []string, connections int) func(client int) func(n int) error {
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
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + ln.Addr().String()
		if i < members {
			urls = append(urls, url)
		} else {
			peers = append(peers, url)
			all = append(all, fmt.Sprintf("n%d=%s", i-members, url))
		}
		_ = ln.Close()
	}
	dir := t.TempDir()
	for i := range members {
		cmd := exec.Command(program, "--name", fmt.Sprint("n", i), "--data-dir", filepath.Join(dir, fmt.Sprint(i)),
			"--listen-client-urls", urls[i], "--advertise-client-urls", urls[i],
			"--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i],
			"--initial-cluster", strings.Join(all, ","), "--quota-backend-bytes", fmt.Sprint(8<<30), "--log-level", "error")
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
			if err = putter([]string{url}, 1)(0)(0); err != nil && ctx.Err() != nil {
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
