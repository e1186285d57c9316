package main

import (
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gset/replica/cluster/trial"
)

// browser asks a node's operator over HTTP. Each request has a connection of its own.
type browser struct {
	t      *testing.T
	client http.Client
	url    string
}

// open returns a browser for the address that serve has printed.
func browse(t *testing.T, printed []string, config *tls.Config) *browser {
	t.Helper()
	url, found := strings.CutPrefix(printed[1], "dashboard ")
	if !found {
		t.Fatal(printed)
	}
	return &browser{t, http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}, url}
}

// get asks for a path, with a password if name is not empty. An error has the status 0.
func (b *browser) get(path, name, password string) (status int, text string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if name != "" {
		r.SetBasicAuth(name, password)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(body)
}

// newUser returns a line for a users file, and the password.
func newUser(t *testing.T, args ...string) (line, password string) {
	t.Helper()
	status, line, says := once(append([]string{"user"}, args...)...)
	if status != 0 {
		t.Fatal(says)
	}
	says = strings.TrimSpace(says)
	return line, says[strings.LastIndexByte(says, ' ')+1:]
}

// What other machines reach over HTTP asks for a user over TLS, and the users and certificates are those of now.
func TestHTTPBeyondLoopbackAsksForAUserOverTLS(t *testing.T) {
	dir, next := folder(t), folder(t)
	server := t.TempDir()
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(server, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace := func(from string) {
		t.Helper()
		for file, name := range map[string]string{"cert": "node1.pem", "key": "node1.key"} {
			text, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				t.Fatal(err)
			}
			write(file, string(text))
		}
	}
	replace(dir)
	ops, opsPassword := newUser(t, "ops", "read:*")
	scraper, scraperPassword := newUser(t, "prometheus")
	write("users", ops+scraper)
	printed, stop := start(t, 2, "serve", "--listen=127.0.0.1:0", "--http=0.0.0.0:0", "--users="+server+"/users", "--tls-cert="+server+"/cert", "--tls-key="+server+"/key")
	defer stop()
	printed[1] = strings.Replace(printed[1], "[::]", "127.0.0.1", 1)
	b := browse(t, printed, clientOf(t, dir, ""))
	for _, c := range []struct {
		path, name, password string
		status               int
		says                 string
	}{
		{"healthz", "", "", 200, "serving"},
		{"metrics", "", "", 401, "password"},
		{"readyz", "", "", 401, "password"},
		{"", "", "", 401, "password"},
		{"events", "ops", "wrong", 401, "no user"},
		{"metrics", "prometheus", scraperPassword, 200, "gset_http_refused_total"},
		{"readyz", "prometheus", scraperPassword, 200, "ready"},
		{"", "prometheus", scraperPassword, 403, "read:*"},
		{"collections", "prometheus", scraperPassword, 403, "read:*"},
		{"", "ops", opsPassword, 200, "<title>gsetd</title>"},
		{"collections", "ops", opsPassword, 200, "{"},
	} {
		if status, text := b.get(c.path, c.name, c.password); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("/%s as %q: %d, want %d; it says %.200q, want %q", c.path, c.name, status, c.status, text, c.says)
		}
	}
	plain := browse(t, printed, nil)
	plain.url = strings.Replace(plain.url, "https:", "http:", 1)
	if status, _ := plain.get("healthz", "", ""); status != 0 {
		t.Errorf("without TLS: %d", status)
	}
	_, text := b.get("metrics", "ops", opsPassword)
	for _, line := range []string{`gset_http_refused_total{reason="wrong password"} 1`, `gset_http_refused_total{reason="no right"} 2`, `gset_http_refused_total{reason="tls: not TLS"} 1`} {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}

	write("users", ops)
	reread(t)
	eventually(t, "the end of a user who is gone", func() bool { status, _ := b.get("metrics", "prometheus", scraperPassword); return status == 401 })
	replace(next)
	reread(t)
	renewed := browse(t, printed, clientOf(t, next, ""))
	eventually(t, "the new certificate", func() bool { status, _ := renewed.get("metrics", "ops", opsPassword); return status == 200 })
}

func TestHTTPAsksForAClientsCertificateIfThePortForClientsDoes(t *testing.T) {
	dir, other := folder(t, "--clients=app"), folder(t, "--clients=app")
	ca, err := trial.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Add(dir, "old", trial.Options{Client: true, NotAfter: time.Now().Add(-time.Minute)}); err != nil {
		t.Fatal(err)
	}
	printed, stop := start(t, 2, "serve", "--listen=127.0.0.1:0", "--http=127.0.0.1:0", "--http-protect",
		"--tls-cert="+dir+"/node1.pem", "--tls-key="+dir+"/node1.key", "--tls-client-ca="+dir+"/ca.pem")
	defer stop()
	foreign := clientOf(t, other, "app")
	foreign.RootCAs = pool(t, dir+"/ca.pem")
	for what, c := range map[string]struct {
		config          *tls.Config
		health, metrics int // statuses
	}{
		"its certificate":                    {clientOf(t, dir, "app"), 200, 200},
		"no certificate":                     {clientOf(t, dir, ""), 200, 403},
		"an expired one":                     {clientOf(t, dir, "old"), 0, 0},
		"a certificate of another authority": {foreign, 0, 0},
	} {
		b := browse(t, printed, c.config)
		for path, want := range map[string]int{"healthz": c.health, "metrics": c.metrics, "": c.metrics} {
			if status, text := b.get(path, "", ""); status != want {
				t.Errorf("%s: /%s: %d, %.200q", what, path, status, text)
			}
		}
	}
}

func TestHTTPIsNotOpenByMistake(t *testing.T) {
	certs := folder(t)
	users := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(users, []byte("default nopass read:*\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secure := " --tls-cert=" + certs + "/node1.pem --tls-key=" + certs + "/node1.key"
	for args, says := range map[string]string{
		"--http=0.0.0.0:0":                                                 "--insecure",
		"--http=0.0.0.0:0 --password=x":                                    "--tls-cert",
		"--http=0.0.0.0:0" + secure:                                        "--users",
		"--http=127.0.0.1:0 --http-protect":                                "--http-protect needs",
		"--http=127.0.0.1:0 --http-protect" + secure:                       "--http-protect needs",
		"--http=0.0.0.0:0 --users=" + users + secure:                       "needs no password",
		"--http=0.0.0.0:0 --password=x --tls-cert=" + certs + "/node1.pem": "go together",
	} {
		if status, _, problems := once(append([]string{"serve", "--listen=127.0.0.1:0"}, strings.Fields(args)...)...); status == 0 || !strings.Contains(problems, says) {
			t.Errorf("serve %s: %d %q, want %q", args, status, problems, says)
		}
	}
}

// An operator who insists serves other machines without TLS; passwords are asked for all the same.
func TestInsecureHTTPAsksForPasswordsThatThereAre(t *testing.T) {
	for password, want := range map[string]int{"": 200, "secret": 401} {
		printed, stop := start(t, 2, "serve", "--listen=127.0.0.1:0", "--http=0.0.0.0:0", "--insecure", "--password="+password)
		printed[1] = strings.Replace(printed[1], "[::]", "127.0.0.1", 1)
		b := browse(t, printed, nil)
		if status, text := b.get("metrics", "", ""); status != want {
			t.Errorf("with the password %q: %d, %.200q", password, status, text)
		}
		if status, text := b.get("metrics", "default", password); status != 200 {
			t.Errorf("with the password %q, given: %d, %.200q", password, status, text)
		}
		stop()
	}
}
