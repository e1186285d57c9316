package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Identity is what a member proves its name by, and who may vouch for its peers.
type Identity struct {
	Certificate tls.Certificate
	Authorities *x509.CertPool
}

// Names returns the names that a certificate is for: its DNS names.
func (id Identity) Names() ([]string, error) {
	leaf, err := id.leaf()
	if err != nil {
		return nil, err
	}
	return leaf.DNSNames, nil
}

func (id Identity) leaf() (*x509.Certificate, error) {
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
	return leaf, nil
}

// Check reports why no member can accept the certificate: it is not good for both ends of a connection.
func (id Identity) Check() error {
	leaf, err := id.leaf()
	if err == nil && !isMembers(leaf) {
		err = fmt.Errorf("the certificate of %q %w", leaf.DNSNames, errNotMembers)
	}
	return err
}

var errNotMembers = errors.New("is not good for both ends of a connection, as a member's is: is it a client's?")

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

// verify checks the peer's certificate in a handshake: that an authority vouches for it, now, and for
// this use. What follows the handshake checks the name.
func (e *Endpoint) verify(usage x509.ExtKeyUsage) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		id, err := e.config.Identity()
		if err != nil {
			return err
		}
		return e.check(state, id, usage)
	}
}

func (e *Endpoint) check(state tls.ConnectionState, id Identity, usage x509.ExtKeyUsage) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	leaf, now := state.PeerCertificates[0], e.config.Now()
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         id.Authorities,
		Intermediates: between,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	if err == nil && !isMembers(leaf) {
		err = fmt.Errorf("it %w", errNotMembers)
	}
	if err != nil {
		return fmt.Errorf("certificate of %q: %w", leaf.DNSNames, timeless(err, now))
	}
	return nil
}

// clockError is the error of a certificate that is not good by this member's clock. Its text does not have the clock's time and
// says the same a second later, so that refusals for the same reason are counted together.
type clockError struct {
	text  string
	clock time.Time
}

func (e *clockError) Error() string { return e.text }

// timeless replaces an error that has the time of now in its text by a clockError.
func timeless(err error, now time.Time) error {
	invalid := x509.CertificateInvalidError{}
	if !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		return err
	}
	what, at := "has expired at", invalid.Cert.NotAfter
	if now.Before(invalid.Cert.NotBefore) {
		what, at = "is not yet valid before", invalid.Cert.NotBefore
	}
	return &clockError{fmt.Sprintf("it %s %s by this member's clock", what, at.UTC().Format(time.RFC3339)), now}
}

// isMembers reports whether a certificate is good for both ends of a connection. An authority may
// vouch for clients and for servers that are no members, too.
func isMembers(leaf *x509.Certificate) bool {
	has := func(usage x509.ExtKeyUsage) bool { return slices.Contains(leaf.ExtKeyUsage, usage) }
	return has(x509.ExtKeyUsageAny) || has(x509.ExtKeyUsageClientAuth) && has(x509.ExtKeyUsageServerAuth)
}

// checkName checks that a peer's certificate is for the name that the peer says is its own.
func checkName(state tls.ConnectionState, name string) error {
	names := state.PeerCertificates[0].DNSNames
	if name == "" || !slices.Contains(names, name) {
		return fmt.Errorf("it says that it is %q, and its certificate is for %q", name, names)
	}
	return nil
}
