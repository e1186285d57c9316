package acl

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bounds of a users file.
const (
	MaxUsers  = 10_000
	MaxRights = 1000    // of a user
	MaxLine   = 1 << 18 // bytes
	MaxName   = 256     // bytes of a user's name
)

// DefaultName is the name of the user that a client is before it authenticates, if that user needs
// no password, and the one that AUTH without a name means.
const DefaultName = "default"

// User is who a client is.
type User struct {
	// Everything says that the user may do everything. It saves all other questions.
	Everything bool

	// Admin says that the user may use commands about the server and about other clients.
	Admin bool

	name        string
	password    password
	read, write names
}

// Name returns the user's name.
func (u *User) Name() string { return u.name }

// MayRead reports whether the user may read the collection of a name.
func (u *User) MayRead(name []byte) bool { return u.Everything || u.read.has(name) }

// MayWrite reports whether the user may add to the collection of a name.
func (u *User) MayWrite(name []byte) bool { return u.Everything || u.write.has(name) }

// MayReadAll reports whether the user may read every collection, whatever its name is.
func (u *User) MayReadAll() bool { return u.read.all }

// Open reports whether the user needs no password.
func (u *User) Open() bool { return u.password.none }

// SameLogin reports whether whoever could log in as one user can log in as the other.
func (u *User) SameLogin(v *User) bool { return u.name == v.name && u.password == v.password }

// Rights returns the user's rights as a users file has them.
func (u *User) Rights() []string {
	var all []string
	if u.Admin {
		all = append(all, "admin")
	}
	for _, p := range u.read.patterns() {
		all = append(all, "read:"+p)
	}
	for _, p := range u.write.patterns() {
		all = append(all, "write:"+p)
	}
	return all
}

// Users is all users of a server.
type Users struct {
	byName map[string]*User
	open   *User // default, if it needs no password
}

// Single returns the users of a server that has one user, default, who may do everything. An empty
// password is none.
func Single(text string) *Users {
	u := &User{name: DefaultName, Admin: true, password: password{none: true}}
	u.read.all, u.write.all, u.Everything = true, true, true
	if text != "" {
		u.password = newPassword(text)
	}
	return collect(map[string]*User{DefaultName: u})
}

func collect(byName map[string]*User) *Users {
	us := &Users{byName: byName}
	if u := byName[DefaultName]; u != nil && u.Open() {
		us.open = u
	}
	return us
}

// Default returns the user that a client is before it authenticates; nil if it must authenticate.
func (us *Users) Default() *User { return us.open }

// Named returns the user of a name, or nil.
func (us *Users) Named(name string) *User { return us.byName[name] }

// All returns all users by name.
func (us *Users) All() []*User {
	all := make([]*User, 0, len(us.byName))
	for _, u := range us.byName {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *User) int { return cmp.Compare(a.name, b.name) })
	return all
}

// stranger stands for a user that is not there, so that asking for one takes as long.
var stranger = password{}

// Login returns the user of a name and a password, or nil if there is none.
func (us *Users) Login(name, text []byte) *User {
	u := us.byName[string(name)]
	if u == nil {
		stranger.matches(text)
		return nil
	}
	if !u.password.matches(text) {
		return nil
	}
	return u
}

// Parse reads a users file. Its error names the line.
func Parse(r io.Reader) (*Users, error) {
	byName := map[string]*User{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, MaxLine)
	number := 0
	for lines.Scan() {
		number++
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		u, err := parseUser(fields)
		switch {
		case err != nil:
		case byName[u.name] != nil:
			err = fmt.Errorf("a second user %q", u.name)
		case len(byName) == MaxUsers:
			err = fmt.Errorf("more than %d users", MaxUsers)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		byName[u.name] = u
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	if len(byName) == 0 {
		return nil, errors.New("no user is in it, so that nobody could log in")
	}
	return collect(byName), nil
}

// Line returns a line of a users file. The hash is Hash's, or "nopass".
func Line(name, hash string, rights ...string) (string, error) {
	fields := append([]string{name, hash}, rights...)
	for _, f := range fields {
		if len(strings.Fields(f)) != 1 {
			return "", fmt.Errorf("%q is empty, or has a blank", f)
		}
	}
	if _, err := parseUser(fields); err != nil {
		return "", err
	}
	return strings.Join(fields, " "), nil
}

func parseUser(fields []string) (*User, error) {
	u := &User{name: fields[0]}
	if len(u.name) > MaxName || strings.ContainsFunc(u.name, func(r rune) bool { return r < '!' || r > '~' }) || u.name[0] == '#' {
		return nil, fmt.Errorf("a user's name has at most %d printable characters of ASCII, and does not begin with #", MaxName)
	}
	if len(fields) < 2 {
		return nil, fmt.Errorf("the user %q has no password", u.name)
	}
	var err error
	if u.password, err = parsePassword(fields[1]); err != nil {
		return nil, fmt.Errorf("the user %q: %w", u.name, err)
	}
	if u.Open() && u.name != DefaultName {
		return nil, fmt.Errorf("the user %q has no password; only %q may have none", u.name, DefaultName)
	}
	if len(fields)-2 > MaxRights {
		return nil, fmt.Errorf("the user %q has %d rights, more than %d", u.name, len(fields)-2, MaxRights)
	}
	for _, right := range fields[2:] {
		if err := u.grant(right); err != nil {
			return nil, fmt.Errorf("the user %q: %w", u.name, err)
		}
	}
	u.read.arrange()
	u.write.arrange()
	u.Everything = u.Admin && u.read.all && u.write.all
	return u, nil
}

func (u *User) grant(right string) error {
	what, pattern, _ := strings.Cut(right, ":")
	switch {
	case right == "admin":
		u.Admin = true
		return nil
	case what == "read":
		return u.read.add(pattern)
	case what == "write":
		return u.write.add(pattern)
	}
	return fmt.Errorf("%q is no right; they are admin, read:NAME and write:NAME, where NAME may end with a star", right)
}
