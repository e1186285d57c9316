package gsetd

import (
	"errors"
	"time"
)

// A web page can have a browser send a request of HTTP to any port of the machine that the browser runs on. The
// lines of such a request are inline commands, and its body, which the page chooses, could be commands that write. So a
// connection ends, unanswered, at the first command by which a request of HTTP shows itself: POST, or the header Host,
// which each request has before its body. Redis does the same.

var errWebRequest = errors.New("the client has sent a request of HTTP")

// webRequestSilence is how long further requests of HTTP are not logged: a web page can make many.
const webRequestSilence = time.Minute

// isWebRequest reports whether a command is a line of a request of HTTP.
func isWebRequest(args [][]byte) bool { return is(args[0], "post") || is(args[0], "host:") }

// endWebRequest closes a client's connection, with which nothing that it has sent behind is executed.
func (s *Server) endWebRequest(c *client) {
	if now := s.stats.now(); s.webRequest.IsZero() || now.Sub(s.webRequest) >= webRequestSilence {
		s.webRequest = now
		s.config.Log.Warn("a request of HTTP has come to the clients' port, maybe from a web page that is not to be trusted: its connection is closed", "from", address(c.RemoteAddr()))
	}
	s.stats.denied.web++
	c.Close(errWebRequest)
}
