package main

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	"gset/internal/gsetd"
	"gset/internal/operate"
)

// certificates returns what tells when the certificates expire that are in use now: those for clients, and
// for members, of which INFO tells the same.
func (cmd *serveCmd) certificates(let *credentials, node *gsetd.Clustered) func() []operate.Certificate {
	return func() (all []operate.Certificate) {
		if at := let.expires(); !at.IsZero() {
			all = append(all, operate.Certificate{Use: "client", NotAfter: at})
		}
		if cmd.Peer.on() {
			all = append(all, operate.Certificate{Use: "peer", NotAfter: node.CertificateExpires()})
		}
		return all
	}
}

// firstExpiry returns when the first certificate of a chain expires.
func firstExpiry(chain tls.Certificate) (first time.Time) {
	for _, der := range chain.Certificate {
		if x, err := x509.ParseCertificate(der); err == nil && (first.IsZero() || x.NotAfter.Before(first)) {
			first = x.NotAfter
		}
	}
	return first
}
