package trial_test

import (
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

func TestFilesAreReadAgainWhenTheyHaveChanged(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) trial.Files {
		t.Helper()
		ca, err := trial.NewCA()
		if err != nil {
			t.Fatal(err)
		}
		files, err := ca.Write(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	files := write("a")
	var failures int
	identity := cluster.Files(files.Certificate, files.Key, files.Authority, func(error) { failures++ })
	first, err := identity()
	if err != nil {
		t.Fatal(err)
	}
	write("a")
	later := time.Now().Add(time.Hour) // clocks of file systems are coarse
	for _, path := range []string{files.Certificate, files.Key, files.Authority} {
		if err := os.Chtimes(path, later, later); err != nil {
			t.Fatal(err)
		}
	}
	second, err := identity()
	if err != nil || second.Certificate.Leaf.Equal(first.Certificate.Leaf) || second.Authorities.Equal(first.Authorities) {
		t.Errorf("the files have changed, and the identity has not: %v", err)
	}
	if err := os.WriteFile(files.Certificate, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		third, err := identity()
		if err != nil || !third.Certificate.Leaf.Equal(second.Certificate.Leaf) {
			t.Errorf("the last good identity is not kept: %v", err)
		}
	}
	if failures != 1 {
		t.Errorf("told of %d failures", failures)
	}
	if _, err := cluster.Files(files.Certificate, files.Key, files.Authority, nil)(); err == nil {
		t.Error("a certificate of nonsense is one")
	}
}

func TestAKeyIsForItsOwnerOnly(t *testing.T) {
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	files, err := ca.Write(t.TempDir(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(files.Key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, name := range []string{"", "..", "a/b", ".", `a\b`} {
		if _, err := ca.Write(t.TempDir(), name); err == nil {
			t.Errorf("%q is the name of a file", name)
		}
	}
}

// Each authority has a name of its own, so that a certificate of another one is said to be of an unknown authority, and not
// to have a wrong signature of this one.
func TestAuthoritiesAreToldApart(t *testing.T) {
	var all [2]*trial.CA
	for i := range all {
		var err error
		if all[i], err = trial.NewCA(); err != nil {
			t.Fatal(err)
		}
	}
	one, other := all[0].Certificate(), all[1].Certificate()
	if one.Subject.CommonName == other.Subject.CommonName || len(one.SubjectKeyId) == 0 {
		t.Errorf("%s and %s, %x", one.Subject, other.Subject, one.SubjectKeyId)
	}
	issued, err := all[0].Issue("a")
	if err != nil {
		t.Fatal(err)
	}
	_, err = issued.Leaf.Verify(x509.VerifyOptions{Roots: all[1].Pool()})
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) || strings.Contains(err.Error(), "possibly") {
		t.Errorf("by another authority: %v", err)
	}
}

// An authority of which one file is missing is neither taken for none nor given another key.
func TestAnAuthorityWithoutItsKeyStaysAsItIs(t *testing.T) {
	dir := t.TempDir()
	if _, err := trial.Create(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir + "/ca.key"); err != nil {
		t.Fatal(err)
	}
	if _, err := trial.Load(dir); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load: %v", err)
	}
	if _, err := trial.Create(dir); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create: %v", err)
	}
	if _, err := os.Stat(dir + "/ca.key"); err == nil {
		t.Error("it has another key")
	}
}
