package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"gset/internal/gsetd"
	"gset/internal/operate"
)

// httpFlags say where the operator is served over HTTP. By default nowhere: people who run Redis
// expect one port, and several nodes on one machine would fight for a second. The unit in deploy/ and the
// trial turn it on, on loopback.
type httpFlags struct {
	HTTP        string `name:"http" help:"Address for /metrics, /healthz, /readyz and the dashboard over HTTP, such as 127.0.0.1:7380. By default there is none. One that other machines reach asks for what --listen asks for: TLS with the same files, and users, a password or a client's certificate; or --insecure." placeholder:"HOST:PORT"`
	HTTPProtect bool   `name:"http-protect" help:"Have --http on loopback, too, use TLS if there is --tls-cert, and ask for users, a password or a certificate."`
}

// guarded reports whether requests must prove who they are of.
func (f *httpFlags) guarded() bool { return f.HTTPProtect || !isLoopback(f.HTTP) }

// checkHTTP refuses an address that other machines reach if there is no TLS, or nothing that a
// request must prove.
func (cmd *serveCmd) checkHTTP() error {
	if cmd.HTTP == "" {
		return nil
	}
	err := checkHostPort(cmd.HTTP)
	switch {
	case err != nil:
		return fmt.Errorf("%w: --http: %w", errUsage, err)
	case cmd.HTTPProtect && !cmd.asks():
		return fmt.Errorf("%w: --http-protect needs --users, a password or --tls-client-ca", errUsage)
	case cmd.Insecure || isLoopback(cmd.HTTP) || cmd.TLS.on() && cmd.asks():
		return nil
	}
	return fmt.Errorf("%w: --http: other machines reach %s: %s", errUsage, cmd.HTTP, widerNeeds)
}

// web is what serves the operator. Without an address it serves nothing.
type web struct {
	operator *operate.Operator
	addr     net.Addr // nil if there is none
	secure   bool     // by TLS
	running  sync.WaitGroup
	ended    error
}

// listen serves the operator of a server from now on, with a page at "/". let says who is let in; nil is everybody.
func (f *httpFlags) listen(server *gsetd.Server, page *page, certificates func() []operate.Certificate, let *credentials) (*web, error) {
	if f.HTTP == "" {
		return new(web), nil
	}
	ln, err := net.Listen("tcp", f.HTTP)
	if err != nil {
		return nil, fmt.Errorf("--http: %w", err)
	}
	w := &web{addr: ln.Addr()}
	var access *operate.Access
	if let != nil && f.guarded() {
		access = &operate.Access{Users: let.latest.Load}
		if let.tls != nil {
			ln, w.secure = let.listenHTTP(ln, access), true
		}
	}
	w.operator = operate.New(operate.Config{Snapshot: server.Snapshot, Certificates: certificates, Access: access, Version: version(), Log: slog.Default()})
	w.operator.Handle("/", page.handler)
	w.operator.OnClose(page.handler.Close)
	w.running.Go(func() { w.ended = w.operator.Serve(ln) })
	return w, nil
}

// disconnect has everybody connect again: who is let in has changed.
func (w *web) disconnect() {
	if w.operator != nil {
		w.operator.Disconnect()
	}
}

// url returns the page's address; "" if there is none.
func (w *web) url() string {
	if w.addr == nil {
		return ""
	}
	scheme := "http"
	if w.secure {
		scheme = "https"
	}
	return scheme + "://" + w.addr.String() + "/"
}

func (w *web) close() error {
	if w.operator == nil {
		return nil
	}
	err := w.operator.Close()
	w.running.Wait()
	return errors.Join(err, w.ended)
}
