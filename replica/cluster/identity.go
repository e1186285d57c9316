package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"gset/internal/expiry"
	"gset/internal/reload"
	"gset/replica/cluster/internal/link"
)

// Identity is what a node proves its name by, and who may vouch for its peers. The certificate
// must be good for both ends of a connection (extended key usages clientAuth and serverAuth), and
// have the node's name as a DNS name.
type Identity struct {
	Certificate tls.Certificate
	Authorities *x509.CertPool
}

func (id Identity) names() ([]string, error) { return link.Identity(id).Names() }

// Expires returns until when peers accept the certificate: when the first certificate expires of the
// chain to an authority that lasts longest. It is zero if there is no such chain: then no peer that
// trusts the same authorities accepts it.
func (id Identity) Expires() (at time.Time) {
	leaf, between := id.Certificate.Leaf, x509.NewCertPool()
	if leaf == nil || id.Authorities == nil {
		return at
	}
	for _, der := range id.Certificate.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	for _, when := range []time.Time{leaf.NotBefore.Add(time.Second), time.Now(), leaf.NotAfter} {
		chains, err := leaf.Verify(x509.VerifyOptions{
			Roots: id.Authorities, Intermediates: between, CurrentTime: when, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err != nil {
			continue
		}
		for _, chain := range chains {
			first := chain[0].NotAfter
			for _, c := range chain {
				if c.NotAfter.Before(first) {
					first = c.NotAfter
				}
			}
			if first.After(at) {
				at = first
			}
		}
	}
	return at
}

// unfit returns why no member that trusts the same authorities accepts the identity as a node's of that name. That it has
// expired is no reason.
func (id Identity) unfit(name string) error {
	if names, err := id.names(); err == nil && !slices.Contains(names, name) {
		return fmt.Errorf("the node's name is %q, and its certificate is for %q", name, names)
	}
	if err := link.Identity(id).Check(); err != nil {
		return fmt.Errorf("no member accepts this node: %w", err)
	}
	if id.Certificate.Leaf != nil && id.Expires().IsZero() {
		return errors.New("no member accepts this node that trusts the same authorities: none of them vouches for its certificate")
	}
	return nil
}

// lasting remembers when the identity expires that was asked for last, as verifying its chain takes a
// tenth of a millisecond.
type lasting struct {
	mu    sync.Mutex
	id    Identity
	at    time.Time // zero if it is unfit
	unfit error

	// For lookAfterIdentity alone.
	warning expiry.Warning
	told    Identity  // of which the log was told
	why     string    // the latest identity is unfit, as the log was told
	whyAt   time.Time // when
}

// unfitEvery is the time between two warnings that the identity is unfit.
const unfitEvery = time.Hour

// same tells whether the other identity is this one, and not one that was read later.
func (id Identity) same(other Identity) bool {
	return id.Certificate.Leaf != nil && id.Certificate.Leaf == other.Certificate.Leaf && id.Authorities == other.Authorities
}

// of returns when a node's identity expires, and why it is unfit, if it is.
func (e *lasting) of(id Identity, name string) (time.Time, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !id.same(e.id) {
		e.id, e.at, e.unfit = id, id.Expires(), id.unfit(name)
		if e.unfit != nil {
			e.at = time.Time{}
		}
	}
	return e.at, e.unfit
}

// lookAfterIdentity has an operator know that the node has taken another certificate or other authorities, and that its
// certificate is unfit, expires soon, or has expired. It is called in one goroutine of the endpoint.
func (n *Node) lookAfterIdentity() {
	id, err := n.config.Identity()
	if err != nil {
		return
	}
	l, log := &n.lasting, n.config.Log.With("name", n.config.Name)
	expires, unfit := l.of(id, n.config.Name)
	if !id.same(l.told) {
		if l.told.Certificate.Leaf != nil && unfit == nil {
			log.Info("cluster: the certificate and the authorities were read again", "expires", expires)
		}
		l.told = id
	}
	now := time.Now()
	if n.config.tuning.now != nil {
		now = n.config.tuning.now()
	}
	n.warnOfUnfit(unfit, now)
	if text := l.warning.Due(now, expires); text != "" {
		when := "then"
		if !now.Before(expires) {
			when = "now"
		}
		log.Warn("cluster: "+text+": peers refuse this node "+when, "expires", expires)
	}
}

// warnOfUnfit warns of a certificate that is unfit, once for each reason and then every unfitEvery.
func (n *Node) warnOfUnfit(unfit error, now time.Time) {
	l := &n.lasting
	if unfit == nil {
		l.why = ""
		return
	}
	if l.why != unfit.Error() || now.Sub(l.whyAt) >= unfitEvery {
		l.why, l.whyAt = unfit.Error(), now
		n.config.Log.Warn("cluster: the certificate and the authorities that were read again do not fit this node: it uses them, and could not be started with them",
			"name", n.config.Name, "reason", unfit)
	}
}

// Static returns a Config.Identity that never changes.
func Static(id Identity) func() (Identity, error) {
	return func() (Identity, error) { return id, nil }
}

// Files returns a Config.Identity that reads PEM files: the certificate with what is between it
// and an authority, its key, and the authorities. They are read again at the next handshake
// after one of them has changed. If they cannot be read, or the key is not the certificate's, the last good ones
// stay, and failed, if it is not nil, is called with the error once for each change, from any goroutine. A certificate that none
// of the authorities vouches for is taken all the same, since other members may trust another authority by now; the node
// warns of it once an hour.
func Files(certificate, key, authorities string, failed func(error)) func() (Identity, error) {
	paths := [3]string{certificate, key, authorities}
	files := reload.New(func() (Identity, error) { return load(paths) }, false, paths[:]...)
	return func() (Identity, error) {
		id, _, err := files.Get()
		if err != nil && id.Authorities != nil {
			if failed != nil {
				failed(err)
			}
			err = nil
		}
		return id, err
	}
}

func load(paths [3]string) (Identity, error) {
	certificate, err := tls.LoadX509KeyPair(paths[0], paths[1])
	if err != nil {
		return Identity{}, fmt.Errorf("%s and %s: %w", paths[0], paths[1], err)
	}
	pem, err := os.ReadFile(paths[2])
	if err != nil {
		return Identity{}, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return Identity{}, errors.New(paths[2] + ": no certificate in PEM")
	}
	return Identity{certificate, pool}, nil
}
