package operate

import (
	"net/http"
	"time"
)

// Probes are requests of those who watch that a node lives: /healthz, /readyz and /metrics. A few connections are
// kept for them: streams and other requests that last are bounded below the bound of all connections, and a
// connection on which nothing is asked makes room for a new one.

const (
	// keptForProbes is how many connections streams do not take.
	keptForProbes = 32

	// probeTime bounds how long an answer to a probe is written: its client may not read it.
	probeTime = 10 * time.Second
)

func isProbe(path string) bool { return path == "/healthz" || path == "/readyz" || path == "/metrics" }

// leaveRoom has a handler answer at most so many requests at a time that are not probes. Further ones are refused.
func (o *Operator) leaveRoom(h http.Handler, most int) http.Handler {
	room := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var until time.Time // a connection that was asked a probe may be asked for a stream
		if isProbe(r.URL.Path) {
			until = time.Now().Add(probeTime)
		}
		_ = http.NewResponseController(w).SetWriteDeadline(until) // fails on a connection that is closed
		if !until.IsZero() {
			h.ServeHTTP(w, r)
			return
		}
		select {
		case room <- struct{}{}:
			defer func() { <-room }()
			h.ServeHTTP(w, r)
		default:
			o.refused.count(tooMany)
			w.Header().Set("Connection", "close")
			say(w, http.StatusServiceUnavailable, "too many requests that last: the rest is for /healthz, /readyz and /metrics")
		}
	})
}
