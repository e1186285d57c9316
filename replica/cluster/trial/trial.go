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
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gset/replica/cluster"
)

// Lifetime is how long certificates are good, unless Options say otherwise.
const Lifetime = 365 * 24 * time.Hour

// CA is a certificate authority whose key is in memory. Its methods are safe for concurrent use.
type CA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewCA returns a new authority, with a key of its own.
func NewCA() (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("trial: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "gset trial authority"},
		NotBefore:             now.Add(-time.Hour), // clocks differ
		NotAfter:              now.Add(Lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("trial: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("trial: %w", err)
	}
	return &CA{certificate, key}, nil
}

func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return new(big.Int).SetBytes(b[:])
}

// Options say what a certificate should be, beside its names. The zero value is a certificate
// that is good for Lifetime from an hour ago.
type Options struct {
	NotBefore, NotAfter time.Time
}

// Issue returns the certificate of the member with a name: for both ends of a connection, and
// for the name as its one DNS name.
func (ca *CA) Issue(name string) (tls.Certificate, error) { return ca.IssueFor(name, Options{}) }

// IssueFor is Issue with options.
func (ca *CA) IssueFor(name string, o Options) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("trial: %w", err)
	}
	now := time.Now()
	if o.NotBefore.IsZero() {
		o.NotBefore = now.Add(-time.Hour)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = now.Add(Lifetime)
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
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &key.PublicKey, ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("trial: a certificate for %q: %w", name, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("trial: a certificate for %q: %w", name, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

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

// Files are the paths of what Write has written, in PEM.
type Files struct {
	Authority   string // ca.pem: the certificates that members trust
	Certificate string // NAME.pem
	Key         string // NAME.key, which only its owner may read
}

// Write issues a certificate for a name, and writes it, its key and the authority's certificate
// into a folder, which it makes if it is not there. The name must be the name of a file.
func (ca *CA) Write(dir, name string) (Files, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return Files{}, fmt.Errorf("trial: %q is not the name of a file", name)
	}
	certificate, err := ca.Issue(name)
	if err != nil {
		return Files{}, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return Files{}, fmt.Errorf("trial: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Files{}, fmt.Errorf("trial: %w", err)
	}
	files := Files{filepath.Join(dir, "ca.pem"), filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")}
	err = errors.Join(
		writePEM(files.Authority, "CERTIFICATE", ca.certificate.Raw, 0o644),
		writePEM(files.Certificate, "CERTIFICATE", certificate.Certificate[0], 0o644),
		writePEM(files.Key, "PRIVATE KEY", key, 0o600))
	if err != nil {
		return Files{}, fmt.Errorf("trial: %w", err)
	}
	return files, nil
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
