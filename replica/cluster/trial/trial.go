// Package trial makes a certificate authority and certificates for the members of a trial
// cluster, on the spot. For anything that lasts use your own authority: here nothing is
// revoked, and whoever has the authority's key is every member.
package trial

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"

	"gset/replica/cluster"
)

// How long certificates are good: an authority's, and others unless Options say otherwise.
const (
	AuthorityLifetime = 5 * Lifetime
	Lifetime          = 365 * 24 * time.Hour
)

// clocksDiffer is how long before it was made a certificate is good: on machines whose clocks are up to
// two days behind, too.
const clocksDiffer = 48 * time.Hour

// CA is a certificate authority whose key is in memory. Its methods are safe for concurrent use.
type CA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewCA returns a new authority, with a key and a name of its own: errors of certificates that another one has
// issued, as while authorities are exchanged, do not take it for that one.
func NewCA() (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: fmt.Sprintf("gset trial authority %s %s", now.UTC().Format(time.DateOnly), rand.Text()[:8])},
		NotBefore:             now.Add(-clocksDiffer),
		NotAfter:              now.Add(AuthorityLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &CA{certificate, key}, nil
}

func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return new(big.Int).SetBytes(b[:])
}

// Options say what a certificate should be, beside its name. The zero value is a member's certificate
// that is good for Lifetime.
type Options struct {
	NotBefore, NotAfter time.Time

	// Hosts are names and addresses of the member's host, by which clients find it. The
	// certificate is for them, too.
	Hosts []string

	// Client has it be the certificate of a client, which no member takes for a member's.
	Client bool
}

// Issue returns the certificate of the member with a name: for both ends of a connection, and
// for the name as its one DNS name.
func (ca *CA) Issue(name string) (tls.Certificate, error) { return ca.IssueFor(name, Options{}) }

// IssueFor is Issue with options.
func (ca *CA) IssueFor(name string, o Options) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	if o.NotBefore.IsZero() {
		o.NotBefore = now.Add(-clocksDiffer)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = now.Add(Lifetime)
	}
	if end := ca.certificate.NotAfter; o.NotAfter.After(end) {
		o.NotAfter = end
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    o.NotBefore,
		NotAfter:     o.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	if o.Client {
		template.ExtKeyUsage = template.ExtKeyUsage[:1]
	}
	for _, host := range o.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &key.PublicKey, ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a certificate for %q: %w", name, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a certificate for %q: %w", name, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// Certificate returns the authority's certificate.
func (ca *CA) Certificate() *x509.Certificate { return ca.certificate }

// Pool returns a pool with the authority alone.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.certificate)
	return pool
}

// Identity returns what a member with a name needs for a cluster.Config.
func (ca *CA) Identity(name string) (cluster.Identity, error) {
	certificate, err := ca.Issue(name)
	return cluster.Identity{Certificate: certificate, Authorities: ca.Pool()}, err
}
