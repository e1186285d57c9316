package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// Certificate files, whatever is in them, are an error, or certificates that handshakes can be made with.
func FuzzCertificateFiles(f *testing.F) {
	ca, err := trial.NewCA()
	if err != nil {
		f.Fatal(err)
	}
	files, err := ca.Write(f.TempDir(), "a")
	if err != nil {
		f.Fatal(err)
	}
	var good [3][]byte
	for i, path := range []string{files.Certificate, files.Key, files.Authority} {
		if good[i], err = os.ReadFile(path); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(good[0], good[1], good[2])
	f.Add(append(good[0], good[2]...), good[1], good[0])
	f.Add(good[1], good[1], good[1])
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), []byte{}, []byte("nonsense"))
	dir := f.TempDir()
	flags := tlsFlags{Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key"), ClientCA: filepath.Join(dir, "ca")}
	f.Fuzz(func(t *testing.T, cert, key, authority []byte) {
		for path, text := range map[string][]byte{flags.Cert: cert, flags.Key: key, flags.ClientCA: authority} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		config, err := flags.load()
		if (config == nil) != (err != nil) {
			t.Errorf("%v beside %v", config, err)
		}
		if config != nil && (firstExpiry(config.Certificates[0]).IsZero() || overHTTP(config).ClientCAs == nil) {
			t.Error("a chain that never expires, or no authority")
		}
		identity := cluster.Files(flags.Cert, flags.Key, flags.ClientCA, nil)
		if id, err := identity(); err == nil && (id.Certificate.PrivateKey == nil || firstExpiry(id.Certificate).Equal(time.Time{})) {
			t.Errorf("%+v", id)
		}
	})
}
