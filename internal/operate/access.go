package operate

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"gset/internal/acl"
	"gset/internal/gate"
)

// Access says who may ask an Operator: a request needs a certificate if Certificate says so, and the
// name and password of a user by basic authentication, unless the users have an open default.
//
// Any user may read what INFO tells any user of the clients' port: /readyz and /metrics. All other paths name
// collections, and are for users who may read all of them. /healthz is for everybody.
type Access struct {
	// Users returns the users of now. It is called at each request with a password.
	Users func() *acl.Users

	// Certificate says that a client must have a certificate that its handshake has verified.
	Certificate bool

	// Guessed, if it is not nil, is told of a host that has given mostWrong wrong passwords.
	Guessed func(from net.Addr)

	// Handshakes, if it is not nil, counts what came to the listener's gate.
	Handshakes func() gate.Stats
}

// mostWrong is how many requests of one connection may be refused for their password before it is closed.
const mostWrong = 10

// challenge is what a browser asks for a password by.
const challenge = `Basic realm="gsetd", charset="UTF-8"`

// Reasons of refusals, by which they are counted.
const (
	tooMany       = "too many connections"
	noCertificate = "no certificate"
	expired       = "certificate expired"
	noPassword    = "no password"
	wrongPassword = "wrong password"
	noRight       = "no right"
)

// refusals counts requests and connections that were refused, by reason. The zero value has all reasons at zero.
type refusals struct {
	mu sync.Mutex
	by map[string]uint64
}

func (r *refusals) count(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[string]uint64{}
	}
	r.by[reason]++
}

// list returns the counts by reason, also those that are zero.
func (r *refusals) list() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]uint64{}
	for _, reason := range []string{tooMany, noCertificate, expired, noPassword, wrongPassword, noRight} {
		all[reason] = r.by[reason]
	}
	return all
}

// admit has a handler answer who may ask it.
func (o *Operator) admit(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitorOf(r)
		if o.config.Access == nil {
			o.visitors.know(v)
			h.ServeHTTP(w, r)
			return
		}
		if r.URL.Path == "/healthz" {
			h.ServeHTTP(w, r)
			return
		}
		if reason, text := o.config.Access.check(r); reason != "" {
			o.refuse(w, r, v, reason, text)
			return
		}
		o.visitors.know(v)
		ctx, cancel := untilExpiry(r)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// check returns why a request is refused, and what is said of it; "" if it is not.
func (a *Access) check(r *http.Request) (reason, text string) {
	if a.Certificate {
		switch {
		case r.TLS == nil || len(r.TLS.PeerCertificates) == 0:
			return noCertificate, "a client's certificate is needed"
		case time.Now().After(r.TLS.PeerCertificates[0].NotAfter):
			return expired, "the certificate has expired since"
		}
	}
	users := a.Users()
	user := users.Default()
	if name, password, given := r.BasicAuth(); given {
		if name == "" {
			name = acl.DefaultName
		}
		if user = users.Login([]byte(name), []byte(password)); user == nil {
			return wrongPassword, "no user has this name and password"
		}
	}
	switch {
	case user == nil:
		return noPassword, "a user's name and password are needed"
	case r.URL.Path == "/metrics" || r.URL.Path == "/readyz" || user.MayReadAll():
		return "", ""
	}
	return noRight, "the user may not read all collections, whose names are shown here: that is the right read:*"
}

// refuse answers a request that is refused. A connection ends with its last chance.
func (o *Operator) refuse(w http.ResponseWriter, r *http.Request, v *visitor, reason, text string) {
	o.refused.count(reason)
	status := http.StatusForbidden
	if reason == noPassword || reason == wrongPassword {
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", challenge)
	}
	if reason != noPassword { // which every browser begins with
		o.config.Log.Info("a request of an operator is refused", "from", r.RemoteAddr, "reason", reason)
	}
	if reason != noRight && o.visitors.wrong(v) >= mostWrong {
		w.Header().Set("Connection", "close")
		if guessed := o.config.Access.Guessed; guessed != nil && v != nil {
			guessed(v.conn.RemoteAddr())
		}
	}
	say(w, status, text)
}

// untilExpiry returns a request's context, which ends when its client's certificate expires: a stream lasts.
func untilExpiry(r *http.Request) (context.Context, context.CancelFunc) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return r.Context(), func() {}
	}
	return context.WithDeadline(r.Context(), r.TLS.PeerCertificates[0].NotAfter)
}
