package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gset/internal/resp/redistest"
	"gset/replica/cluster/trial"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
)

// folder is a folder of certificates, made by gsetd certs.
func folder(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "certs")
	if status, _, problems := once(append([]string{"certs", dir}, args...)...); status != 0 {
		t.Fatal(problems)
	}
	return dir
}

// pool returns the authorities of a file.
func pool(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(text) {
		t.Fatalf("%s has no certificate", path)
	}
	return p
}

// clientOf is the TLS configuration of a client that has a certificate in a folder, or none.
func clientOf(t *testing.T, dir, name string) *tls.Config {
	t.Helper()
	c := &tls.Config{RootCAs: pool(t, dir+"/ca.pem"), ServerName: "localhost"}
	if name != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil } // of whatever authority is asked for
	}
	return c
}

// ping connects with TLS, and returns the error of the first command.
func ping(addr string, config *tls.Config, options ...redis.DialOption) error {
	c, err := redis.Dial("tcp", addr, append(options, redis.DialUseTLS(true), redis.DialTLSConfig(config))...)
	if err != nil {
		return err
	}
	_, err = c.Do("PING")
	_ = c.Close()
	return err
}

// eventually calls try until it returns true.
func eventually(t *testing.T, what string, try func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); !try(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within ten minutes", what)
		}
	}
}

// reread has this process's servers read their files again.
func reread(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(syscall.SIGHUP)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCertsMakesAFolderThatIsAddedTo(t *testing.T) {
	dir := folder(t, "--names=a,b", "--clients=app")
	for _, file := range []string{"ca.key", "a.key", "b.key", "app.key"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	before, err := os.ReadFile(dir + "/a.pem")
	if err != nil {
		t.Fatal(err)
	}
	for args, says := range map[string]string{
		"--names=c,a":                          "has a certificate or a key for a",
		"--names=c --clients=b":                "has a certificate or a key for b",
		"--names=c,c":                          "comes twice",
		"--names=../c":                         "is not a DNS name",
		"--names=ca":                           "the authority's own",
		"--names=c --days=0":                   "--days",
		"--names=c --clients=d --days=1000000": "--days",
	} {
		if status, _, problems := once(append([]string{"certs", dir}, strings.Fields(args)...)...); status == 0 || !strings.Contains(problems, says) {
			t.Errorf("certs %s: %q, want %q", args, problems, says)
		}
	}
	if _, err := os.Stat(dir + "/c.pem"); err == nil {
		t.Error("a call that was refused has written something")
	}
	if status, _, problems := once("certs", dir, "--names=c"); status != 0 {
		t.Fatal(problems)
	}
	if after, err := os.ReadFile(dir + "/a.pem"); err != nil || string(after) != string(before) {
		t.Error("a certificate has changed")
	}
	pair, err := tls.LoadX509KeyPair(dir+"/c.pem", dir+"/c.key")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"c", "localhost", "127.0.0.1", "::1"} {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: pool(t, dir+"/ca.pem"), DNSName: name}); err != nil {
			t.Error(err)
		}
	}
}

// clientsOfAll makes a folder of certificates, with one for the client app, and the TLS configurations of clients that are to be
// refused with these, by the reason.
func clientsOfAll(t *testing.T) (dir string, refused map[string]*tls.Config) {
	t.Helper()
	dir, other := folder(t, "--clients=app"), folder(t, "--clients=app")
	ca, err := trial.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Add(dir, "old", trial.Options{Client: true, NotAfter: time.Now().Add(-time.Minute)}); err != nil {
		t.Fatal(err)
	}
	foreign := clientOf(t, other, "app")
	foreign.RootCAs = pool(t, dir+"/ca.pem")
	return dir, map[string]*tls.Config{
		"no certificate":                       clientOf(t, dir, ""),
		"certificate expired or not yet valid": clientOf(t, dir, "old"),
		"certificate of an unknown authority":  foreign,
	}
}

func TestClientsAreLetInByTheirCertificates(t *testing.T) {
	dir, refused := clientsOfAll(t)
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--tls-cert="+dir+"/node1.pem", "--tls-key="+dir+"/node1.key", "--tls-client-ca="+dir+"/ca.pem")
	defer stop()
	addr := servedAt(printed)
	if err := ping(addr, clientOf(t, dir, "app")); err != nil {
		t.Fatal(err)
	}
	for what, config := range refused {
		if err := ping(addr, config); err == nil {
			t.Errorf("%s: it is let in", what)
		}
	}
	c := connect(t, addr, redis.DialUseTLS(true), redis.DialTLSConfig(clientOf(t, dir, "app")))
	defer func() { _ = c.Close() }()
	for _, line := range []string{"no_certificate:1", "certificate_expired_or_not_yet_valid:1", "certificate_of_an_unknown_authority:1"} {
		eventually(t, line+" in INFO", func() bool { // a client may know of the refusal before it is counted
			info, err := redis.String(c.Do("INFO", "stats"))
			return err == nil && strings.Contains(info, "gset_tls_failed_"+line)
		})
	}
	cli := exec.Command(redistest.Find(t, "redis-cli"), "-p", addr[strings.LastIndexByte(addr, ':')+1:],
		"--tls", "--cacert", dir+"/ca.pem", "--cert", dir+"/app.pem", "--key", dir+"/app.key", "--sni", "localhost", "sadd", "s", "x")
	if out, err := cli.CombinedOutput(); strings.TrimSpace(string(out)) != "1" {
		t.Errorf("redis-cli: %q, %v", out, err)
	}
}

// Certificates and authorities are renewed while clients are connected; those whose authority is
// gone are disconnected.
func TestCertificatesOfClientsAreRenewedWithoutARestart(t *testing.T) {
	dir, next := folder(t, "--clients=app"), folder(t, "--clients=app")
	server := t.TempDir()
	replace := func(file, from string) {
		t.Helper()
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(server, file), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	replace("cert", dir+"/node1.pem")
	replace("key", dir+"/node1.key")
	replace("ca", dir+"/ca.pem")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--tls-cert="+server+"/cert", "--tls-key="+server+"/key", "--tls-client-ca="+server+"/ca")
	defer stop()
	addr := servedAt(printed)
	c := connect(t, addr, redis.DialUseTLS(true), redis.DialTLSConfig(clientOf(t, dir, "app")))
	defer func() { _ = c.Close() }()
	do(t, c, 1, "SADD", "s", "x")

	replace("cert", next+"/node1.pem") // the key does not fit yet
	reread(t)
	do(t, c, 1, "SCARD", "s")
	replace("key", next+"/node1.key")
	reread(t)
	old := clientOf(t, dir, "app")
	old.RootCAs = pool(t, next+"/ca.pem")
	eventually(t, "the server's new certificate", func() bool { return ping(addr, old) == nil })
	do(t, c, 1, "SCARD", "s") // its certificate is good as before
	replace("ca", next+"/ca.pem")
	reread(t)
	eventually(t, "the new authority", func() bool { return ping(addr, clientOf(t, next, "app")) == nil })
	eventually(t, "the end of the old client", func() bool { _, err := c.Do("PING"); return err != nil })
	if err := ping(addr, old); err == nil {
		t.Error("a client of the old authority is let in")
	}
}

func TestTheUsersFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	write := func(lines ...string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	alice, alices := newUser(t, "alice", "read:a*", "write:a*")
	write(alice)
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--users="+path)
	defer stop()
	addr := servedAt(printed)
	login := func(name, password string) (redis.Conn, error) {
		return redis.Dial("tcp", addr, redis.DialUsername(name), redis.DialPassword(password))
	}
	c, err := login("alice", alices)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	do(t, c, 1, "SADD", "a", "x")
	if _, err := c.Do("SADD", "b", "x"); err == nil || !strings.HasPrefix(err.Error(), "NOPERM ") {
		t.Errorf("outside its prefix: %v", err)
	}
	write("nonsense")
	reread(t)
	do(t, c, 1, "SCARD", "a")
	bob, bobs := newUser(t, "bob", "admin", "read:*")
	write(alice, bob)
	reread(t)
	eventually(t, "the new user", func() bool {
		d, err := login("bob", bobs)
		if err == nil {
			_ = d.Close()
		}
		return err == nil
	})
	do(t, c, 1, "SCARD", "a")
	write(bob)
	reread(t)
	eventually(t, "the end of a user who is gone", func() bool { _, err := c.Do("PING"); return err != nil })
}

func TestGoRedisSpeaksTLS(t *testing.T) {
	dir := folder(t)
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--tls-cert="+dir+"/node1.pem", "--tls-key="+dir+"/node1.key", "--password=0123456789")
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c := goredis.NewClient(&goredis.Options{Addr: servedAt(printed), Password: "0123456789", TLSConfig: clientOf(t, dir, "")})
	defer func() { _ = c.Close() }()
	pipe := c.Pipeline()
	for i := range 1000 {
		pipe.SAdd(ctx, "s", i)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := c.SCard(ctx, "s").Result(); n != 1000 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if all, err := c.SMembers(ctx, "s").Result(); len(all) != 1000 || err != nil {
		t.Errorf("%d, %v", len(all), err)
	}
}

func TestUsersAreRefusedThatLetAnybodyIn(t *testing.T) {
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	if err := os.WriteFile(users, []byte("default nopass read:*\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	certs := folder(t)
	secure := " --tls-cert=" + certs + "/node1.pem --tls-key=" + certs + "/node1.key"
	for args, says := range map[string]string{
		"serve --listen=0.0.0.0:0 --users=" + users:          "--insecure",
		"serve --listen=0.0.0.0:0 --users=" + users + secure: "needs no password",
		"serve --users=" + users + " --password=x":           "of no use",
		"serve --users=" + short:                             "line 1",
		"serve --users=" + dir + "/none":                     "none",
		"user a b":                                           `"b" is no right`,
		"user --password-file=" + short + " a":               "16 to 512 bytes",
		"serve --listen=0.0.0.0:0 --tls-cert=" + short + " --tls-key=" + short + " --password=x": "PEM",
	} {
		if status, _, problems := once(strings.Fields(args)...); status == 0 || !strings.Contains(problems, says) {
			t.Errorf("gsetd %s: %q, want %q", args, problems, says)
		}
	}
}

func TestClientsConnectByIPv6(t *testing.T) {
	dir := folder(t)
	printed, stop := start(t, 2, "serve", "--listen=[::1]:0", "--tls-cert="+dir+"/node1.pem", "--tls-key="+dir+"/node1.key",
		"--peer-listen=[::1]:0", "--peer-cert="+dir+"/node1.pem", "--peer-key="+dir+"/node1.key", "--peer-ca="+dir+"/ca.pem")
	defer stop()
	other, stopOther := start(t, 2, "serve", "--listen=[::1]:0", "--peer-listen=[::1]:0", "--peer-join="+strings.TrimPrefix(printed[1], "other members join by "),
		"--peer-cert="+dir+"/node2.pem", "--peer-key="+dir+"/node2.key", "--peer-ca="+dir+"/ca.pem", "--cluster=local")
	defer stopOther()
	c := connect(t, servedAt(printed), redis.DialUseTLS(true), redis.DialTLSConfig(clientOf(t, dir, "")))
	defer func() { _ = c.Close() }()
	do(t, c, 1, "SADD", "s", "x")
	do(t, c, 1, "WAIT", 1, 0)
	d := connect(t, servedAt(other))
	defer func() { _ = d.Close() }()
	do(t, d, 1, "SISMEMBER", "s", "x")
}
