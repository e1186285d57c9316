package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"gset/internal/freeport"
)

// freePorts replaces the ports that certs gives to members by some that are free.
func freePorts(t *testing.T) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, first := range []int{clientsPort, peersPort} {
		for i := range 4 {
			pairs = append(pairs, fmt.Sprint("127.0.0.1:", first+i), freeport.Reserve(t))
		}
	}
	return strings.NewReplacer(pairs...)
}

// The lines that certs prints make a cluster as they stand, and so does the line of a member that is added later.
func TestTheLinesOfCertsMakeACluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	status, out, problems := once("certs", dir)
	if status != 0 {
		t.Fatal(problems)
	}
	status, more, problems := once("certs", dir, "--names=node4")
	if status != 0 {
		t.Fatal(problems)
	}
	if status, _, problems := once("certs", dir, "--names=node4"); status != exitFailed || !strings.Contains(problems, "nothing was written") || strings.Contains(problems, "trial:") {
		t.Errorf("%d, %s", status, problems)
	}
	var lines []string
	for line := range strings.Lines(out + more) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) != 4 {
		t.Fatal(out, more)
	}
	ports := freePorts(t)
	var clients []string
	for _, line := range lines {
		args := append(strings.Fields(ports.Replace(line))[1:], "--log-level=error")
		printed, stop := start(t, 2, args...)
		defer stop()
		clients = append(clients, servedAt(printed))
	}
	last := connect(t, clients[3])
	defer last.Close()
	others(t, last, 3)
	do(t, last, 1, "SADD", "s", "x")
	do(t, last, 3, "WAIT", 3, 0)
	first := connect(t, clients[0])
	defer first.Close()
	do(t, first, 1, "SISMEMBER", "s", "x")
}

// For other hosts the lines have TLS for clients, by the members' own certificates, and what lets clients in.
func TestTheLinesOfCertsForOtherHostsServeThemByTLS(t *testing.T) {
	for clients, has := range map[string]string{"": "--users=users", "--clients=app": "--tls-client-ca="} {
		args := []string{"certs", filepath.Join(t.TempDir(), "c"), "--names=n1,n2", "--hosts=db1.example,db2.example"}
		if clients != "" {
			args = append(args, clients)
		}
		status, out, problems := once(args...)
		if status != 0 {
			t.Fatal(problems)
		}
		for _, words := range []string{"--listen=db1.example:7379 --peer-listen=db1.example:7479 --peer-ca", "--listen=db2.example:7379", "--peer-join=db1.example:7479", "n1.pem --tls-key=", has} {
			if !strings.Contains(out, words) {
				t.Errorf("%s lacks %s", out, words)
			}
		}
	}
}
