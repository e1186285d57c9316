package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gset/internal/freeport"
	"gset/internal/resp/redistest"
)

// freePorts replaces the ports that certs gives to members by some that are free.
func freePorts(t *testing.T) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, first := range []int{clientsPort, peersPort} {
		for i := range 4 {
			addr := freeport.Reserve(t)
			pairs = append(pairs, fmt.Sprint("127.0.0.1:", first+i), addr,
				fmt.Sprint("-h 127.0.0.1 -p ", first+i), strings.Replace("-h "+addr, ":", " -p ", 1))
		}
	}
	return strings.NewReplacer(pairs...)
}

// certs calls gsetd certs for a folder.
func certs(t *testing.T, dir string, args ...string) (printed string) {
	t.Helper()
	status, out, problems := once(append([]string{"certs", dir}, args...)...)
	if status != 0 {
		t.Fatal(problems)
	}
	return out
}

// commands returns the lines that certs has printed, with free ports, without the comments.
func commands(t *testing.T, printed string) (lines [][]string) {
	t.Helper()
	for line := range strings.Lines(freePorts(t).Replace(printed)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.Fields(line))
		}
	}
	return lines
}

// The lines that certs prints make a cluster as they stand, and so does the line of a member that is added later.
func TestTheLinesOfCertsMakeACluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	printed := certs(t, dir) + certs(t, dir, "--names=node4")
	if status, _, problems := once("certs", dir, "--names=node4"); status != exitFailed || !strings.Contains(problems, "nothing was written") || strings.Contains(problems, "trial:") {
		t.Errorf("%d, %s", status, problems)
	}
	lines := commands(t, printed)
	if len(lines) != 4 {
		t.Fatal(printed)
	}
	var clients []string
	for _, line := range lines {
		printed, stop := start(t, 2, append(line[1:], "--log-level=error")...)
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

// With --clients the members' lines have TLS for clients, also that of a member that is added later, and the clients' line reaches
// one of them.
func TestTheLinesOfCertsLetClientsIn(t *testing.T) {
	redisCLI := redistest.Find(t, "redis-cli")
	dir := filepath.Join(t.TempDir(), "certs")
	printed := certs(t, dir, "--names=a,b", "--clients=app,web") + certs(t, dir, "--names=c")
	lines := commands(t, printed)
	if len(lines) != 5 {
		t.Fatal(printed)
	}
	for _, line := range slices.Concat(lines[:2], lines[4:]) {
		_, stop := start(t, 2, append(line[1:], "--log-level=error")...)
		defer stop()
	}
	for i, command := range []string{"sadd s x", "sismember s x"} {
		line := slices.Concat(lines[2+i][1:], strings.Fields(command))
		if out, err := exec.Command(redisCLI, line...).CombinedOutput(); strings.TrimSpace(string(out)) != "1" {
			t.Errorf("redis-cli %q: %q, %v", line, out, err)
		}
	}
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

// A call beside an authority that is there issues what it names and nothing else; its lines have the members that have
// certificates in the folder, of which clients are none.
func TestCertsAddsToAnAuthority(t *testing.T) {
	local, hosts := filepath.Join(t.TempDir(), "c"), filepath.Join(t.TempDir(), "c")
	certs(t, local, "--names=n1")
	certs(t, hosts, "--names=n1,n2", "--hosts=db1.example,192.0.2.2")
	for from, to := range map[string]string{hosts + "/n1.pem": local + "/foreign.pem", hosts + "/n1.key": local + "/nonsense.pem"} {
		if err := os.Link(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, call := range []struct {
		dir, args string
		has, not  string
	}{
		{local, "--clients=web", "redis-cli -h 127.0.0.1 -p 7379 --tls", "serve"},
		{local, "--clients=crawler", "redis-cli", "# Members that were"},
		{local, "--names=n2", "--listen=127.0.0.1:7380 --peer-listen=127.0.0.1:7480 --peer-join=127.0.0.1:7479 --peer-ca", "#"},
		{local, "--names=n3 --hosts=db3.example", "--peer-join=HOST:7479 ", "127.0.0.1"},
		{hosts, "--clients=app", "redis-cli -h db1.example -p 7379", "serve"},
		{hosts, "--names=n3,n4 --hosts=db1.example", "--listen=db1.example:7381 --peer-listen=db1.example:7481 --peer-join=db1.example:7479,192.0.2.2:7479,db1.example:7480 ", "HOST"},
	} {
		out := certs(t, call.dir, strings.Fields(call.args)...)
		if !strings.Contains(out, call.has) || strings.Contains(out, call.not) {
			t.Errorf("certs %s: want %q and not %q:\n%s", call.args, call.has, call.not, out)
		}
	}
	for dir, has := range map[string][]string{local: {"ca", "crawler", "foreign", "n1", "n2", "n3", "nonsense", "web"}, hosts: {"app", "ca", "n1", "n2", "n3", "n4"}} {
		if got := names(t, dir); !slices.Equal(got, has) {
			t.Errorf("certificates of %q, want %q", got, has)
		}
	}
}

// names returns whose certificates are in a folder, the authority's among them.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name, is := strings.CutSuffix(entry.Name(), ".pem"); is {
			all = append(all, name)
		}
	}
	return all
}

// What makes no sense is refused, and nothing is written: no folder is made, and none is added to.
func TestCertsRefusesWhatMakesNoSense(t *testing.T) {
	dir := t.TempDir()
	certs(t, dir+"/hosts", "--names=n1", "--hosts=db1.example")
	certs(t, dir+"/half", "--names=n1")
	if err := os.Remove(dir + "/half/ca.key"); err != nil {
		t.Fatal(err)
	}
	for _, refused := range []struct{ folder, args, says string }{
		{"hosts", "", "--names and --clients say for whom"},
		{"hosts", "--names=n2", "--hosts says where n2 is to be"},
		{"hosts", "--names=n2 --hosts=localhost", "--hosts says where n2 is to be"},
		{"hosts", "--clients=web --hosts=db1.example", "--hosts has 1 for 0 members"},
		{"new", "--names=n1,n2,n3 --hosts=a,b", "--hosts has 2 for 3 members"},
		{"new", "--names=n1,n2,n3 --hosts=a,b,c,d", "--hosts has 4 for 3 members"},
		{"new", "--hosts=a,b", "--hosts has 2 for 3 members"},
		{"new", "--names=n1,n2 --hosts=a,localhost", "members on loopback"},
		{"new", "--names=-n1", `"-n1" is not a DNS name`},
		{"new", "--names=" + strings.Repeat("a.", 100) + "a", "of at most 200 bytes"},
		{"new", "--clients=w/b", `"w/b" is not a DNS name`},
		{"new", "--hosts=bad!host", `"bad!host" is neither`},
		{"new", "--hosts=db1:7379", `"db1:7379" is neither`},
		{"new", "--hosts=192.0.2.300", `"192.0.2.300" is neither`},
		{"new", "--hosts=0.0.0.0", `"0.0.0.0" is neither`},
		{"new", "--names=n'1", `"n'1" is not a DNS name`},
		{"half", "--names=n2", "one is missing"},
		{"hosts/n1.pem", "", "nothing was written"},
	} {
		status, out, problems := once(append([]string{"certs", filepath.Join(dir, refused.folder)}, strings.Fields(refused.args)...)...)
		if status == 0 || out != "" || !strings.Contains(problems, refused.says) || strings.Contains(problems, "trial:") {
			t.Errorf("certs %s %s: %q and %q, want %q", refused.folder, refused.args, out, problems, refused.says)
		}
	}
	if _, err := os.Stat(dir + "/new"); err == nil {
		t.Error("a call that was refused has made a folder")
	}
	if got := slices.Concat(names(t, dir+"/hosts"), names(t, dir+"/half")); !slices.Equal(got, []string{"ca", "n1", "ca", "n1"}) {
		t.Errorf("a call that was refused has written something: %q", got)
	}
}

func TestNamesAndHostsAreThoseOfDNS(t *testing.T) {
	for host, is := range map[string]bool{
		"db1": true, "db1.example": true, "x_1": true, "1.a": true, strings.Repeat("a", 63): true, "192.0.2.1": true, "2001:db8::1": true,
		"": false, "n 1": false, "n1 ": false, "n1\n": false, "a..b": false, ".a": false, "a.": false, "a-": false, "*.example": false, "ä": false,
		strings.Repeat("a", 64): false, strings.Repeat("a.", 127) + "a": false, "[::1]": false, "fe80::1%lo": false, "::": false, "1.2.3": false,
	} {
		if isHost(host) != is {
			t.Errorf("%q is a host: %v", host, !is)
		}
	}
	if !isDNSName("1") || isDNSName("::1") {
		t.Error("a member may be called 1, and not ::1")
	}
}

// A member's certificate is for its own host; members of one host share its name.
func TestAMembersCertificateIsForItsOwnHost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	certs(t, dir, "--names=n1,n2", "--hosts=db1.example,192.0.2.2")
	certs(t, dir, "--names=n3,n4", "--hosts=db3.example")
	for name, want := range map[string]string{"n1": "[n1 db1.example] []", "n2": "[n2] [192.0.2.2]", "n3": "[n3 db3.example] []", "n4": "[n4 db3.example] []"} {
		text, err := os.ReadFile(filepath.Join(dir, name+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.DNSNames, c.IPAddresses); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// brokenPipe fails, and holds what a folder had in it when it was first written to.
type brokenPipe struct {
	dir string
	had []os.DirEntry
}

func (b *brokenPipe) Write([]byte) (int, error) {
	if b.had == nil {
		b.had, _ = os.ReadDir(b.dir)
	}
	return 0, syscall.EPIPE
}

// All files are there before anything is printed: who reads but the first line, as head does, ends the program then.
func TestCertsPrintsWhenAllIsWritten(t *testing.T) {
	out := &brokenPipe{dir: filepath.Join(t.TempDir(), "certs")}
	var problems bytes.Buffer
	status := run(t.Context(), []string{"certs", out.dir, "--clients=app"}, out, &problems)
	if status != exitFailed || !strings.Contains(problems.String(), syscall.EPIPE.Error()) {
		t.Errorf("%d, %s", status, problems.String())
	}
	if len(out.had) != 2*5 {
		t.Errorf("files when the first line was printed: %v", out.had)
	}
}
