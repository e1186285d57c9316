package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// childVariable has the test's executable be gsetd, with the arguments in it, one a line.
const childVariable = "GSETD_TEST_CHILD"

// beChild is gsetd if this process was started to be.
func beChild() {
	args, ok := os.LookupEnv(childVariable)
	if !ok {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, strings.Split(args, "\n"), os.Stdout, os.Stderr))
}

// child runs gsetd in a process of its own until the test ends, and returns the first lines that it prints.
func child(t testing.TB, lines int, args ...string) (printed []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(args, "\n"))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	reader := bufio.NewReader(out)
	for range lines {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		printed = append(printed, strings.TrimSuffix(line, "\n"))
	}
	return printed
}

// cpu returns the CPU time that a server says it has used.
func cpu(t testing.TB, c redis.Conn) (used time.Duration) {
	t.Helper()
	text, err := redis.String(c.Do("INFO", "cpu"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(text, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if name == "used_cpu_sys" || name == "used_cpu_user" {
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			used += time.Duration(seconds * 1e9)
		}
	}
	return used
}

// BenchmarkStrangers measures the CPU time that strangers cost a server, 1,000 connections a second of
// them: those that speak RESP and do not know a password, those that speak TLS and have no certificate,
// and the same at the ports for members and for the operator. Run it with -benchtime 1x.
func BenchmarkStrangers(b *testing.B) {
	dir := certsOf(b)
	tlsFlags := []string{"--tls-cert=" + dir + "/node1.pem", "--tls-key=" + dir + "/node1.key", "--tls-client-ca=" + dir + "/ca.pem"}
	peerFlags := []string{"--peer-cert=" + dir + "/node1.pem", "--peer-key=" + dir + "/node1.key", "--peer-ca=" + dir + "/ca.pem"}
	socket := b.TempDir() + "/socket"
	handshake := func(c net.Conn) {
		secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		if secure.Handshake() == nil {
			_, _ = secure.Read(make([]byte, 1))
		}
	}
	guess := func(c net.Conn) {
		_, _ = io.WriteString(c, "*3\r\n$4\r\nAUTH\r\n$5\r\nadmin\r\n$5\r\nadmin\r\n")
		_, _ = c.Read(make([]byte, 100))
	}
	overHTTP := func(c net.Conn) {
		_, _ = io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic b3BzOndyb25n\r\n\r\n")
		_, _ = c.Read(make([]byte, 100))
	}
	const members, operator = "other members join by ", "dashboard https://" // before the address that is flooded
	httpFlags := append([]string{"--http=127.0.0.1:0", "--http-protect"}, tlsFlags[:2]...)
	for _, kind := range []struct {
		name    string
		flags   []string
		at      string
		attempt func(net.Conn)
	}{
		{"a connection alone", nil, "", func(net.Conn) {}},
		{"a wrong password", nil, "", guess},
		{"TLS without a certificate", tlsFlags, "", handshake},
		{"TLS port, a wrong protocol", tlsFlags, "", guess},
		{"a member's port without a certificate", peerFlags, members, handshake},
		{"a wrong password by HTTP over TLS", httpFlags, operator, func(c net.Conn) {
			secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
			if secure.Handshake() == nil {
				overHTTP(secure)
			}
		}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			args := append([]string{"serve", "--listen=127.0.0.1:0", "--unixsocket=" + socket, "--password=0123456789abcdef"}, kind.flags...)
			lines := 1
			if kind.at != "" {
				lines = 2
			}
			printed := child(b, lines, args...)
			addr := servedAt(printed)
			if kind.at != "" {
				addr = strings.TrimSuffix(strings.TrimPrefix(printed[1], kind.at), "/")
			}
			c, err := redis.Dial("unix", socket, redis.DialPassword("0123456789abcdef"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			const rate, seconds = 1000, 5
			for b.Loop() {
				before, start := cpu(b, c), time.Now()
				failed := flood(addr, rate, rate*seconds, kind.attempt)
				took := time.Since(start)
				used := cpu(b, c) - before
				b.ReportMetric(float64(used.Microseconds())/(rate*seconds), "CPU-µs/stranger")
				b.ReportMetric(used.Seconds()/took.Seconds()*100, "%-of-a-core")
				b.ReportMetric(rate*seconds/took.Seconds(), "strangers/s")
				if failed > 0 {
					b.Logf("%d could not connect", failed)
				}
			}
		})
	}
}

// flood makes so many connections, rate a second.
func flood(addr string, rate, n int, attempt func(net.Conn)) (failed int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		all.Go(func() {
			c, err := net.DialTimeout("tcp", addr, 10*time.Second)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed++
				return
			}
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			attempt(c)
			_ = c.Close()
		})
	}
	all.Wait()
	return failed
}

// A flood of strangers keeps no user out who is known, and each stranger is refused.
func TestAFloodOfStrangersKeepsNoUserOut(t *testing.T) {
	dir := folder(t, "--clients=app")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--tls-cert="+dir+"/node1.pem", "--tls-key="+dir+"/node1.key", "--tls-client-ca="+dir+"/ca.pem")
	defer stop()
	addr := servedAt(printed)
	c := connect(t, addr, redis.DialUseTLS(true), redis.DialTLSConfig(clientOf(t, dir, "app")))
	defer func() { _ = c.Close() }()
	if _, err := c.Do("PING"); err != nil { // the server knows it
		t.Fatal(err)
	}
	const strangers = 500
	failed := flood(addr, 1<<20, strangers, func(c net.Conn) {
		_, _ = io.WriteString(c, "PING\r\n")
		_, _ = c.Read(make([]byte, 1))
	})
	do(t, c, 1, "SADD", "s", "x") // its connection is as before
	text, err := redis.String(c.Do("INFO", "stats"))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, line := range strings.Split(text, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if n, err := strconv.Atoi(value); err == nil && (name == "gset_tls_refused_for_rate" || strings.HasPrefix(name, "gset_tls_failed_")) {
			refused += n
		}
	}
	if refused != strangers-failed {
		t.Errorf("%d of %d strangers were refused; %d could not connect\n%s", refused, strangers, failed, text)
	}
	eventually(t, "a new connection of the user", func() bool { return ping(addr, clientOf(t, dir, "app")) == nil })
}

func certsOf(t testing.TB) string {
	t.Helper()
	dir := t.TempDir() + "/certs"
	if status, _, problems := once("certs", dir); status != 0 {
		t.Fatal(problems)
	}
	return dir
}
