package main

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	"gset/internal/operate"
)

// certificates returns what tells when the certificates expire that are in use now: those for clients, and
// for members.
func (cmd *serveCmd) certificates(let *credentials) func() []operate.Certificate {
	return func() (all []operate.Certificate) {
		if at := let.expires(); !at.IsZero() {
			all = append(all, operate.Certificate{Use: "client", NotAfter: at})
		}
		if cmd.identity != nil {
			if id, err := cmd.identity(); err == nil { // else it is logged when it is used
				all = append(all, operate.Certificate{Use: "peer", NotAfter: firstExpiry(id.Certificate)})
			}
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
