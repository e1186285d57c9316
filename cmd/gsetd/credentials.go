package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"gset/internal/acl"
	"gset/internal/expiry"
	"gset/internal/gate"
	"gset/internal/gsetd"
	"gset/internal/reload"
)

// credentials is what a server lets clients in by. Its files are read again when they have changed; if
// they make no sense then, what they said before stays.
type credentials struct {
	users *reload.Files[*acl.Users]  // nil without a users file
	tls   *reload.Files[*tls.Config] // nil without TLS
	last  atomic.Pointer[tls.Config] // of tls
	first *acl.Users                 // of users, at the start
	gate  *gate.Gate

	latest atomic.Pointer[acl.Users]  // of users; or the one user that there is without a file
	http   atomic.Pointer[tls.Config] // of tls, as the operator is served by it

	warning expiry.Warning // of tls
}

// credentials reads the files that the command line names.
func (cmd *serveCmd) credentials() (*credentials, error) {
	c := &credentials{gate: gate.New(gate.Config{})}
	var err error
	if c.users, err = cmd.readUsers(); err != nil {
		return nil, err
	}
	if c.users != nil {
		if c.first, _, err = c.users.Get(); err != nil {
			return nil, err
		}
		c.latest.Store(c.first)
	} else {
		c.latest.Store(acl.Single(cmd.Password))
	}
	if !cmd.TLS.on() {
		return c, nil
	}
	paths := []string{cmd.TLS.Cert, cmd.TLS.Key}
	if cmd.TLS.ClientCA != "" {
		paths = append(paths, cmd.TLS.ClientCA)
	}
	c.tls = reload.New(cmd.TLS.load, false, paths...)
	now, _, err := c.tls.Get()
	if err == nil {
		c.use(now)
	}
	return c, err
}

// use has handshakes follow a configuration from now on.
func (c *credentials) use(config *tls.Config) {
	c.last.Store(config)
	c.http.Store(overHTTP(config))
}

// load returns the configuration of TLS that the files say.
//
// The version is 1.3 alone: every client library in use has it, and 1.2 would bring suites and
// renegotiation to be watched over. Tickets to resume sessions are not given when clients must have
// certificates: a resumed session would not be held against the authorities of now.
func (f *tlsFlags) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", f.Cert, f.Key, err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
	if f.ClientCA == "" {
		return c, nil
	}
	text, err := os.ReadFile(f.ClientCA)
	if err != nil {
		return nil, err
	}
	c.ClientCAs, c.ClientAuth, c.SessionTicketsDisabled = x509.NewCertPool(), tls.RequireAndVerifyClientCert, true
	if !c.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", f.ClientCA)
	}
	return c, nil
}

// config returns a configuration that asks for the last good files at each handshake.
func (c *credentials) config() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.last.Load(), nil },
	}
}

// now returns the users at the start; nil without a users file.
func (c *credentials) now() *acl.Users { return c.first }

// expires returns when the first certificate of the server's chain expires; zero without TLS.
func (c *credentials) expires() time.Time {
	config := c.last.Load()
	if config == nil {
		return time.Time{}
	}
	return firstExpiry(config.Certificates[0])
}

// refused returns what logs handshakes that have failed. One that just broke says nothing.
func refused(message string) func(from net.Addr, err error) {
	return func(from net.Addr, err error) {
		level := slog.LevelInfo
		if reason := gate.Reason(err); reason == "connection broke" || reason == "timeout" {
			level = slog.LevelDebug
		}
		slog.Log(context.Background(), level, message, "from", from, "error", err)
	}
}

// watch looks after the files until stop is called.
func (c *credentials) watch(server *gsetd.Server, node *gsetd.Clustered, web *web) (stop func()) {
	return lookAfter(
		func(now bool) { c.checkUsers(now, server, web) },
		func(now bool) { c.checkTLS(now, server, web) },
		func(now bool) {
			if now {
				node.CheckCertificates()
			}
		})
}

func (c *credentials) checkUsers(now bool, server *gsetd.Server, web *web) {
	if c.users == nil {
		return
	}
	all, changed, err := take(c.users, now)
	if changed {
		if err = server.SetUsers(all); err == nil {
			c.latest.Store(all)
			web.disconnect()
			slog.Info("the users were read again", "users", len(all.All()))
		}
	}
	if err != nil {
		slog.Error("the users stay as they were", "error", err)
	}
}

// checkTLS reads the certificates again, and disconnects clients whose certificates are no longer good.
func (c *credentials) checkTLS(now bool, server *gsetd.Server, web *web) {
	if c.tls == nil {
		return
	}
	config, changed, err := take(c.tls, now)
	if err != nil {
		slog.Error("the clients' TLS stays as it was", "error", err)
	}
	if changed {
		c.use(config)
		web.disconnect()
		slog.Info("the clients' TLS was read again", "expires", c.expires())
	}
	if text := c.warning.Due(time.Now(), c.expires()); text != "" {
		slog.Warn("the clients' TLS: "+text, "expires", c.expires())
	}
	if config.ClientAuth == tls.NoClientCert {
		return
	}
	if n := server.Recheck(func(state *tls.ConnectionState) error { return recheck(config, state, changed, time.Now()) }); n > 0 {
		slog.Warn("clients were disconnected: their certificates are no longer good", "clients", n)
	}
}

var errNoCertificate = errors.New("no certificate")

// recheck holds a client's certificate against the clock and, if the authorities may have changed, against
// them.
func recheck(config *tls.Config, state *tls.ConnectionState, changed bool, now time.Time) error {
	if len(state.PeerCertificates) == 0 {
		return errNoCertificate
	}
	leaf := state.PeerCertificates[0]
	if !changed {
		if now.After(leaf.NotAfter) {
			return x509.CertificateInvalidError{Cert: leaf, Reason: x509.Expired}
		}
		return nil
	}
	between := x509.NewCertPool()
	for _, x := range state.PeerCertificates[1:] {
		between.AddCert(x)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: config.ClientCAs, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}

func take[T any](files *reload.Files[T], now bool) (T, bool, error) {
	if now {
		return files.GetNow()
	}
	return files.Get()
}
