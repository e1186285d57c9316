package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gset/replica/cluster/trial"
)

// earlier is what earlier calls have left in a folder.
type earlier struct {
	authority *trial.CA // nil if there is none
	members   []place
	clients   bool // there are certificates of clients
}

// readEarlier reads a folder, which need not be there.
func readEarlier(dir string) (earlier, error) {
	ca, err := trial.Load(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return earlier{}, nil
	}
	if err != nil {
		return earlier{}, err
	}
	e := earlier{authority: ca}
	files, err := fs.Glob(os.DirFS(dir), "*.pem")
	if err != nil {
		return earlier{}, err
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return earlier{}, err
		}
		if block, _ := pem.Decode(text); block != nil {
			e.count(block.Bytes)
		}
	}
	return e, nil
}

// count counts a certificate, if it is one that the authority has issued.
func (e *earlier) count(der []byte) {
	c, err := x509.ParseCertificate(der)
	if err != nil || c.IsCA || len(c.DNSNames) == 0 || c.CheckSignatureFrom(e.authority.Certificate()) != nil {
		return
	}
	if slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		e.members = append(e.members, placeAt(hostOf(c), e.members))
	} else {
		e.clients = true
	}
}

// hostOf returns the host of the member that has a certificate: one of its addresses, or its last name, behind the member's own.
func hostOf(c *x509.Certificate) string {
	if len(c.IPAddresses) > 0 {
		return c.IPAddresses[0].String()
	}
	return c.DNSNames[len(c.DNSNames)-1]
}
