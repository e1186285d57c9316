//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// limited runs gsetd in a process that may have so many files open, until stop is called. It returns the address that
// clients connect to; stop returns what the process has logged.
func limited(t *testing.T, files int, args ...string) (addr string, stop func() (log string)) {
	t.Helper()
	cmd := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$0"`, files), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(args, "\n"))
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(strings.TrimPrefix(line, "serving ")), func() string {
		_ = cmd.Process.Signal(syscall.SIGTERM) // fails if it has ended
		_ = cmd.Wait()                          // the test looks at the log
		return log.String()
	}
}

// Clients do not take the descriptors that the store needs: fewer are served if the limit of open files is low, further ones
// are told so, and updates go on through several logs.
func TestClientsLeaveTheStoreItsDescriptors(t *testing.T) {
	const files, fit = 60, 60 - ownFiles
	addr, stop := limited(t, files, "serve", "--listen=127.0.0.1:0", "--dir="+t.TempDir(), "--fsync=everysec")
	defer stop()
	writer := connect(t, addr)
	defer writer.Close()
	for i := range fit + 20 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i < fit-1 {
			continue
		}
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "-ERR max number of clients reached\r\n" {
			t.Errorf("connection %d: %q, %v", i, line, err)
		}
	}
	element := strings.Repeat("x", 60<<10)
	for i := range 200 { // 12 MB: three logs
		if n, err := redis.Int(writer.Do("SADD", "s", fmt.Sprint(i, element))); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if log := stop(); !strings.Contains(log, fmt.Sprintf("maxclients=%d asked=10000 files=60", fit)) {
		t.Error(log)
	}
}

// A server that could serve hardly any client says so, and does not start.
func TestAServerWithTooFewDescriptorsDoesNotStart(t *testing.T) {
	_, stop := limited(t, ownFiles+leastClients-1, "serve", "--listen=127.0.0.1:0")
	if log := stop(); !strings.Contains(log, "needs 32 for itself, and 16 for clients at least") {
		t.Error(log)
	}
}

// Whatever the limit, the clients that are admitted fit beside all else that is open.
func TestTheClientsThatAreAdmittedFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cmd := serveCmd{Maxclients: rapid.IntRange(1, 2000).Draw(t, "maxclients")}
		asked := cmd.Maxclients
		if rapid.Bool().Draw(t, "member") {
			cmd.Peer.Cert = "x"
		}
		if rapid.Bool().Draw(t, "http") {
			cmd.HTTP = "127.0.0.1:1"
		}
		limit := rapid.IntRange(1, 3000).Draw(t, "limit")
		switch err := cmd.fit(limit); {
		case err != nil && limit-cmd.otherFiles() >= min(asked, leastClients):
			t.Fatal(err)
		case err == nil && (cmd.Maxclients+cmd.otherFiles() > limit || cmd.Maxclients > asked):
			t.Fatalf("%d are admitted", cmd.Maxclients)
		case err == nil && cmd.Maxclients < asked && cmd.Maxclients+cmd.otherFiles() < limit:
			t.Fatalf("%d are admitted, and more fit", cmd.Maxclients)
		}
	})
}
