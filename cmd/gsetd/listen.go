package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

type tlsFlags struct {
	Cert     string `help:"File with the server's certificate chain, PEM; with it and --tls-key clients must use TLS 1.3. The files of all three are read again when they have changed." type:"existingfile"`
	Key      string `help:"File with the certificate's key, PEM." type:"existingfile"`
	ClientCA string `help:"File with certificates of authorities, PEM. Clients must then have a certificate of one of them." type:"existingfile"`
}

// on reports whether clients must use TLS.
func (f *tlsFlags) on() bool { return f.Cert != "" }

// listeners opens what the command line says, the address first.
func (cmd *serveCmd) listeners(c *credentials) ([]net.Listener, error) {
	l, err := net.Listen("tcp", cmd.Listen)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	if c.tls != nil {
		l = c.gate.Listen(l, c.config(), refused("a client is refused"))
	}
	if cmd.Unixsocket == "" {
		return []net.Listener{l}, nil
	}
	u, err := listenUnix(cmd.Unixsocket)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--unixsocket: %w", err), l.Close())
	}
	return []net.Listener{l, u}, nil
}

// mostSocketPath bounds the bytes of a Unix socket's path: the system's addresses have an array for it and a zero.
const mostSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// listenUnix serves a Unix socket, in place of one that an earlier process has left.
func listenUnix(path string) (net.Listener, error) {
	if len(path) > mostSocketPath {
		return nil, fmt.Errorf("the path has %d bytes, and the system takes %d at most: %s", len(path), mostSocketPath, path)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is there, and is not a socket", path)
	} else if err == nil {
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
	if err := checkHostPort(cmd.Listen); err != nil {
		return fmt.Errorf("%w: --listen: %w", errUsage, err)
	}
	if cmd.Insecure || cmd.TLS.on() && cmd.asks() || isLoopback(cmd.Listen) {
		return nil
	}
	return fmt.Errorf("%w: --listen: other machines reach %s: %s", errUsage, cmd.Listen, widerNeeds)
}

// widerNeeds is what an address needs that other machines reach.
const widerNeeds = "that needs --tls-cert and --tls-key, and --users, a password or --tls-client-ca; or --insecure"

// asks reports whether there is something that a client must prove.
func (cmd *serveCmd) asks() bool {
	return cmd.Password != "" || cmd.Users != "" || cmd.TLS.ClientCA != ""
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
