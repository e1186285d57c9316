package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

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

// Static returns a Config.Identity that never changes.
func Static(id Identity) func() (Identity, error) {
	return func() (Identity, error) { return id, nil }
}

// Files returns a Config.Identity that reads PEM files: the certificate with what is between it
// and an authority, its key, and the authorities. They are read again at the next handshake
// after one of them has changed. If they cannot be read, or do not fit each other, the last good ones
// stay, and failed, if it is not nil, is called with the error, from any goroutine.
func Files(certificate, key, authorities string, failed func(error)) func() (Identity, error) {
	f := &files{paths: [3]string{certificate, key, authorities}}
	return func() (Identity, error) {
		id, err := f.identity()
		if err != nil && id.Authorities != nil {
			if failed != nil {
				failed(err)
			}
			err = nil
		}
		return id, err
	}
}

// files is the identity in three files.
type files struct {
	paths [3]string

	mu    sync.Mutex
	last  Identity // the last good one
	stamp [3]stamp // of the files at the last try
	err   error    // of the last try
}

type stamp struct {
	at   time.Time
	size int64
}

// identity returns the last good identity, and the error of the last try.
func (f *files) identity() (Identity, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var now [3]stamp
	for i, path := range f.paths {
		info, err := os.Stat(path)
		if err != nil {
			return f.last, err
		}
		now[i] = stamp{info.ModTime(), info.Size()}
	}
	if now == f.stamp {
		return f.last, f.err
	}
	f.stamp = now
	id, err := load(f.paths)
	if f.err = err; err == nil {
		f.last = id
	}
	return f.last, err
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
