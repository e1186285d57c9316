package trial

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files are the paths of what Write and Add have written, in PEM.
type Files struct {
	Authority   string // ca.pem: the certificates that members trust
	Certificate string // NAME.pem
	Key         string // NAME.key, which only its owner may read
}

// authorityName is the name of the authority's own files, which no member has.
const authorityName = "ca"

// paths returns the paths of a name's files. It must be the name of a file.
func paths(dir, name string) (Files, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return Files{}, fmt.Errorf("%q is not the name of a file", name)
	}
	if name == authorityName {
		return Files{}, fmt.Errorf("%q is the name of the authority's own files", name)
	}
	certificate, key := pair(dir, name)
	authority, _ := pair(dir, authorityName)
	return Files{authority, certificate, key}, nil
}

// pair returns the paths of a certificate and its key.
func pair(dir, name string) (certificate, key string) {
	return filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
}

// absent fails if a file is there.
func absent(paths ...string) error {
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s: %w", path, fs.ErrExist)
		}
	}
	return nil
}

// Create makes an authority, and writes its certificate and its key into a folder, which it makes if it is
// not there: ca.pem, and ca.key, which only its owner may read. It writes nothing if one of these files is there.
func Create(dir string) (*CA, error) {
	certificate, private := pair(dir, authorityName)
	if err := absent(certificate, private); err != nil {
		return nil, err
	}
	ca, err := NewCA()
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = errors.Join(
			writePEM(private, "PRIVATE KEY", key, 0o600, os.O_EXCL),
			writePEM(certificate, "CERTIFICATE", ca.certificate.Raw, 0o644, os.O_EXCL))
	}
	if err != nil {
		return nil, err
	}
	return ca, nil
}

// Load returns the authority that Create has written. The error wraps fs.ErrNotExist if the folder has none, and
// does not if one of its two files is missing.
func Load(dir string) (*CA, error) {
	certificate, private := pair(dir, authorityName)
	loaded, err := tls.LoadX509KeyPair(certificate, private)
	if errors.Is(err, fs.ErrNotExist) && absent(certificate, private) != nil {
		return nil, fmt.Errorf("of %s and %s one is missing", certificate, private)
	}
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", certificate, private, err)
	}
	key, ok := loaded.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !loaded.Leaf.IsCA {
		return nil, fmt.Errorf("%s is not an authority that this program has made", certificate)
	}
	return &CA{loaded.Leaf, key}, nil
}

// Write issues a certificate for a name, and writes it, its key and the authority's certificate
// into a folder, in place of what may be there. It makes the folder if it is not there. The name must be the name of a
// file.
func (ca *CA) Write(dir, name string) (Files, error) {
	files, err := paths(dir, name)
	if err != nil {
		return Files{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Files{}, err
	}
	if err := writePEM(files.Authority, "CERTIFICATE", ca.certificate.Raw, 0o644, os.O_TRUNC); err != nil {
		return Files{}, err
	}
	return files, ca.write(files, name, Options{}, os.O_TRUNC)
}

// Add issues a certificate for a name, and writes it and its key into the folder of the authority. It
// fails if one of the files is there.
func (ca *CA) Add(dir, name string, o Options) (Files, error) {
	files, err := Absent(dir, name)
	if err != nil {
		return Files{}, err
	}
	return files, ca.write(files, name, o, os.O_EXCL)
}

// Absent returns the paths of a name's files, and fails if one of them is there.
func Absent(dir, name string) (Files, error) {
	files, err := paths(dir, name)
	if err != nil {
		return Files{}, err
	}
	if err := absent(files.Certificate, files.Key); err != nil {
		return Files{}, err
	}
	return files, nil
}

func (ca *CA) write(files Files, name string, o Options, how int) error {
	certificate, err := ca.IssueFor(name, o)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err == nil {
		err = errors.Join(
			writePEM(files.Key, "PRIVATE KEY", key, 0o600, how),
			writePEM(files.Certificate, "CERTIFICATE", certificate.Certificate[0], 0o644, how))
	}
	return err
}

func writePEM(path, kind string, der []byte, mode os.FileMode, how int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|how, mode)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Close())
}
