package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

type tlsFlags struct {
	Cert     string `help:"File with the server's certificate chain, PEM; with it and --tls-key clients must use TLS." type:"existingfile"`
	Key      string `help:"File with the certificate's key, PEM." type:"existingfile"`
	ClientCA string `help:"File with certificates of authorities, PEM. Clients must then have a certificate of one of them." type:"existingfile"`
}

// on reports whether clients must use TLS.
func (f *tlsFlags) on() bool { return f.Cert != "" }

// config returns the configuration of TLS 1.3.
func (f *tlsFlags) config() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
	if f.ClientCA == "" {
		return c, nil
	}
	text, err := os.ReadFile(f.ClientCA)
	if err != nil {
		return nil, err
	}
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !c.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", f.ClientCA)
	}
	return c, nil
}

// listeners opens what the command line says, the address first.
func (cmd *serveCmd) listeners() ([]net.Listener, error) {
	if err := cmd.checkAddress(); err != nil {
		return nil, err
	}
	var secure *tls.Config
	if cmd.TLS.on() {
		var err error
		if secure, err = cmd.TLS.config(); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", cmd.Listen)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	if cmd.Unixsocket == "" {
		return []net.Listener{l}, nil
	}
	u, err := listenUnix(cmd.Unixsocket)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return []net.Listener{l, u}, nil
}

// listenUnix serves a Unix socket, in place of one that an earlier process has left.
func listenUnix(path string) (net.Listener, error) {
	if info, err := os.Stat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if c, err := net.Dial("unix", path); err == nil {
			return nil, errors.Join(fmt.Errorf("%s is served by another process", path), c.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return net.Listen("unix", path)
}

// checkAddress refuses an address that other machines reach if there is no TLS, or nothing that
// a client must prove.
func (cmd *serveCmd) checkAddress() error {
	if (cmd.TLS.Cert == "") != (cmd.TLS.Key == "") || cmd.TLS.ClientCA != "" && cmd.TLS.Cert == "" {
		return fmt.Errorf("%w: --tls-cert and --tls-key go together, and --tls-client-ca needs them", errUsage)
	}
	host, _, err := net.SplitHostPort(cmd.Listen)
	if err != nil {
		return fmt.Errorf("%w: --listen: %w", errUsage, err)
	}
	known := cmd.Password != "" || cmd.TLS.ClientCA != ""
	if cmd.Insecure || cmd.TLS.on() && known {
		return nil
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%w: other machines reach %s: that needs --tls-cert and --tls-key, and a password or --tls-client-ca; or --insecure", errUsage, cmd.Listen)
}
