package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Identity is what a member proves its name by, and who may vouch for its peers.
type Identity struct {
	Certificate tls.Certificate
	Authorities *x509.CertPool
}

// Names returns the names that a certificate is for: its DNS names.
func (id Identity) Names() ([]string, error) {
	if len(id.Certificate.Certificate) == 0 {
		return nil, errors.New("an identity without a certificate")
	}
	leaf := id.Certificate.Leaf
	if leaf == nil {
		var err error
		if leaf, err = x509.ParseCertificate(id.Certificate.Certificate[0]); err != nil {
			return nil, fmt.Errorf("the certificate cannot be read: %w", err)
		}
	}
	return leaf.DNSNames, nil
}

// serverTLS and clientTLS ask for the identity at each handshake, so that renewed certificates
// and authorities count from the next one on. The usual checks of crypto/tls are replaced:
// they know one pool for ever, and a dialer's needs the peer's name before the peer has told it.

func (e *Endpoint) serverTLS() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			id, err := e.config.Identity()
			return &id.Certificate, err
		},
		VerifyConnection: e.verify(x509.ExtKeyUsageClientAuth),
	}
}

func (e *Endpoint) clientTLS() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			id, err := e.config.Identity()
			return &id.Certificate, err
		},
		VerifyConnection: e.verify(x509.ExtKeyUsageServerAuth),
	}
}

// verify checks the peer's certificate: that an authority vouches for it, now, and for this use.
// The handshake checks the name.
func (e *Endpoint) verify(usage x509.ExtKeyUsage) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("no certificate")
		}
		id, err := e.config.Identity()
		if err != nil {
			return err
		}
		between := x509.NewCertPool()
		for _, c := range state.PeerCertificates[1:] {
			between.AddCert(c)
		}
		leaf := state.PeerCertificates[0]
		_, err = leaf.Verify(x509.VerifyOptions{
			Roots:         id.Authorities,
			Intermediates: between,
			KeyUsages:     []x509.ExtKeyUsage{usage},
		})
		if err != nil {
			return fmt.Errorf("certificate of %q: %w", leaf.DNSNames, err)
		}
		return nil
	}
}

// checkName checks that a peer's certificate is for the name that the peer says is its own.
func checkName(state tls.ConnectionState, name string) error {
	names := state.PeerCertificates[0].DNSNames
	if name == "" || !slices.Contains(names, name) {
		return fmt.Errorf("it says that it is %q, and its certificate is for %q", name, names)
	}
	return nil
}
