package gsetd

import (
	"errors"
	"strings"

	"gset/internal/acl"
)

// mostWrong is how many wrong passwords a client may give before it is disconnected.
const mostWrong = 10

// become makes a client a user, or nobody.
func (s *Server) become(c *client, u *acl.User) {
	c.user = u
	c.SetAuthenticated(u != nil)
	if u != nil {
		s.newcomers.leave(c)
	} else if s.newcomers.enter(c, max(1, s.maxConns()/newcomersShare)) {
		s.stats.denied.late++
	}
}

// userName returns the name of the client's user, as CLIENT LIST shows it.
func (c *client) userName() string {
	if c.user == nil {
		return "(none)"
	}
	return c.user.Name()
}

// login authenticates the client, or answers an error. What it was before it stays then. If default
// needs no password, any will do for it.
func (s *Server) login(c *client, user, password []byte) {
	u := s.users.Login(user, password)
	if u == nil {
		s.stats.denied.password++
		c.fail("WRONGPASS", "invalid username-password pair or user is disabled.")
		if c.wrong++; c.wrong == mostWrong {
			c.CloseAfterReply()
		}
		return
	}
	s.become(c, u)
}

var errUserGone = errors.New("the user is no longer there, or has another password")

// SetUsers replaces the users. Clients keep their connections under their users' new rights; those
// whose user is gone or has another password are disconnected. Any goroutine may call it. It fails
// if the server has stopped or too many functions wait for it.
func (s *Server) SetUsers(users *acl.Users) error {
	return s.functions(func() {
		s.users = users
		for _, c := range s.clients {
			if c.user == nil {
				continue
			}
			if u := users.Named(c.user.Name()); u != nil && u.SameLogin(c.user) {
				s.become(c, u)
			} else {
				c.Close(errUserGone)
			}
		}
	})
}

func userTable() []command {
	const ask, control = noScript | loading | stale, admin | noScript | loading | stale
	return []command{
		{"acl", -2, 0, noKeys, "server", "Has commands about users.", nil},
		{"acl|list", 2, control, noKeys, "server", "Returns the rights of all users.", aclList},
		{"acl|users", 2, control, noKeys, "server", "Returns the names of all users.", aclUsers},
		{"acl|whoami", 2, ask, noKeys, "server", "Returns the name of the connection's user.", aclWhoami},
	}
}

func aclWhoami(_ *Server, c *client, _ [][]byte) { c.w.BulkString(c.userName()) }

func aclUsers(s *Server, c *client, _ [][]byte) {
	all := s.users.All()
	c.w.Array(len(all))
	for _, u := range all {
		c.w.BulkString(u.Name())
	}
}

// aclList answers the users' rights in Redis' words. Hashes of passwords are not shown.
func aclList(s *Server, c *client, _ [][]byte) {
	all := s.users.All()
	c.w.Array(len(all))
	for _, u := range all {
		c.w.BulkString(describeUser(u))
	}
}

func describeUser(u *acl.User) string {
	words := []string{"user", u.Name(), "on"}
	if u.Open() {
		words = append(words, "nopass")
	}
	if u.Everything {
		return strings.Join(append(words, "~*", "&*", "+@all"), " ")
	}
	for _, right := range u.Rights() {
		if name, ok := strings.CutPrefix(right, "read:"); ok {
			words = append(words, "%R~"+name)
		} else if name, ok := strings.CutPrefix(right, "write:"); ok {
			words = append(words, "%W~"+name)
		}
	}
	words = append(words, "+@all")
	if !u.Admin {
		words = append(words, "-@admin")
	}
	return strings.Join(words, " ")
}
