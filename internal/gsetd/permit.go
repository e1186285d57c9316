package gsetd

import (
	"maps"
	"slices"
	"strings"
)

// denied counts what was refused for who the client is, by reason.
type denied struct{ noAuth, late, password, command, key, channel, web uint64 }

// list returns the counts by reason.
func (d *denied) list() map[string]uint64 {
	return map[string]uint64{
		"no auth": d.noAuth, "late": d.late, "password": d.password, "command": d.command, "collection": d.key, "channel": d.channel, "http": d.web,
	}
}

// write adds the counts to INFO: those that Redis 7.2 has under its names.
func (d *denied) write(in *infoText) {
	in.add("acl_access_denied_auth", d.password)
	in.add("acl_access_denied_cmd", d.command)
	in.add("acl_access_denied_key", d.key)
	in.add("acl_access_denied_channel", d.channel)
	in.add("gset_refused_without_auth", d.noAuth)
	in.add("gset_disconnected_without_auth", d.late)
	in.add("gset_disconnected_for_http", d.web)
}

// infoTLS adds to INFO what has become of TLS handshakes, and when the certificate expires.
func (s *Server) infoTLS(in *infoText) {
	if s.config.Handshakes == nil || s.config.CertificateExpires == nil || s.config.CertificateExpires().IsZero() {
		return
	}
	h := s.config.Handshakes()
	in.add("gset_tls_handshakes", h.Good)
	in.add("gset_tls_refused_for_rate", h.Refused)
	for _, reason := range slices.Sorted(maps.Keys(h.Failed)) {
		in.add("gset_tls_failed_"+strings.ReplaceAll(reason, " ", "_"), h.Failed[reason])
	}
	in.add("gset_tls_certificate_expires", s.config.CertificateExpires().Unix())
}

// permitted reports whether the client's user may execute the command on these arguments, or
// answers an error. The command's row of the table says what it needs: admin the user's right of
// that name; readonly the right to read each collection that it names, and write that to write
// each; answers both; readsAll the right to read every collection. Commands that list names, and
// those about channels, ask for the rest themselves.
func (s *Server) permitted(c *client, e *entry, args [][]byte) bool {
	u := c.user
	if e.flags&admin != 0 && !u.Admin || e.flags&readsAll != 0 && !u.MayReadAll() {
		s.stats.denied.command++
		c.fail("NOPERM", "this user has no permissions to run the '"+e.name+"' command")
		return false
	}
	reads, writes := e.flags&(readonly|answers) != 0, e.flags&write != 0
	for _, name := range e.collections(args) {
		if reads && !u.MayRead(name) || writes && !u.MayWrite(name) {
			s.stats.denied.key++
			c.fail("NOPERM", "this user has no permissions to access one of the keys used as arguments")
			return false
		}
	}
	return true
}

// collections returns the arguments that are names of collections.
func (e *entry) collections(args [][]byte) [][]byte {
	k := e.keys
	switch {
	case e.flags&movableKeys != 0:
		return countedKeys(args)
	case k.first == 0 || k.first >= len(args):
		return nil
	}
	last := k.last
	if last < 0 {
		last += len(args)
	}
	last = min(last, len(args)-1)
	if k.step == 1 {
		return args[k.first : last+1]
	}
	var names [][]byte
	for i := k.first; i <= last; i += k.step {
		names = append(names, args[i])
	}
	return names
}

// countedKeys returns the names behind an argument that is their number. If the number makes no
// sense there are none: the command will answer that.
func countedKeys(args [][]byte) [][]byte {
	n, ok := parseInt(args[1])
	if !ok || n < 1 || n > int64(len(args)-2) {
		return nil
	}
	return args[2 : 2+n]
}

// hears reports whether the client may be told of an event. Its rights may have changed since it has
// subscribed, and a pattern matches channels of all collections.
func (c *client) hears(e event) bool {
	return c.user != nil && (c.user.Everything || c.user.MayRead([]byte(e.name)))
}

// mayHear reports whether the client's user may know of a channel: one about a collection that it
// may not read is refused. Those of events are not: whoever subscribes is told of what it may read.
func (c *client) mayHear(channel string) bool {
	for _, about := range []string{keyspaceChannel, elementChannel} {
		if name, found := strings.CutPrefix(channel, about); found {
			return c.user.MayRead([]byte(name))
		}
	}
	return true
}
