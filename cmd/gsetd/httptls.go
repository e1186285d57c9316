package main

import (
	"crypto/tls"
	"net"

	"gset/internal/gate"
	"gset/internal/operate"
)

// overHTTP returns the configuration of TLS by which the operator is served: the clients' one, but that a
// certificate is asked for and not needed, so that /healthz answers a probe that has none. Access refuses all other
// requests without one. There is HTTP/1.1 alone: nobody who watches a node needs more.
func overHTTP(clients *tls.Config) *tls.Config {
	c := clients.Clone()
	c.NextProtos = []string{"http/1.1"}
	if c.ClientAuth == tls.RequireAndVerifyClientCert {
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return c
}

// listenHTTP has a listener do TLS handshakes behind a gate of its own, so that strangers here and strangers at the clients'
// port do not take each other's share, and completes access by what that means.
func (c *credentials) listenHTTP(ln net.Listener, access *operate.Access) net.Listener {
	g := gate.New(gate.Config{})
	access.Certificate = c.http.Load().ClientAuth != tls.NoClientCert
	access.Guessed, access.Handshakes = g.Forget, g.Stats
	config := &tls.Config{
		MinVersion:         tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.http.Load(), nil },
	}
	return g.Listen(ln, config, refused("an operator is refused"))
}
