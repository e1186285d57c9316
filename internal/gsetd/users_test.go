package gsetd_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/internal/acl"
	"gset/internal/gsetd"

	goredis "github.com/redis/go-redis/v9"
)

// usersOf makes users of lines of a name and rights. The password of each but default is passwordOf.
func usersOf(t testing.TB, lines ...string) *acl.Users {
	t.Helper()
	var text strings.Builder
	for _, line := range lines {
		name, rights, _ := strings.Cut(line, " ")
		hash := "nopass"
		if name != acl.DefaultName {
			var err error
			if hash, err = acl.Hash(passwordOf(name)); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&text, "%s %s %s\n", name, hash, rights)
	}
	users, err := acl.Parse(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return users
}

func passwordOf(name string) string { return "password of " + name + "......" }

// serveUsers runs a server, and returns a way to connect as a user.
func serveUsers(t testing.TB, users *acl.Users) (s *gsetd.Server, login func(name string) *peer) {
	t.Helper()
	s, addr := serveServer(t, gsetd.Config{Users: users})
	return s, func(name string) *peer {
		t.Helper()
		p := dial(t, "tcp", addr)
		if r := p.call("AUTH", name, passwordOf(name)); r.text != "OK" {
			t.Fatalf("AUTH %s: %v", name, r)
		}
		return p
	}
}

const (
	deniedKey     = "-NOPERM this user has no permissions to access one of the keys used as arguments"
	deniedChannel = "-NOPERM this user has no permissions to access one of the channels used as arguments"
	wrongPass     = "-WRONGPASS invalid username-password pair or user is disabled."
)

func deniedCommand(name string) string {
	return "-NOPERM this user has no permissions to run the '" + name + "' command"
}

func TestAClientDoesNothingBeforeAUTH(t *testing.T) {
	_, addr := serveServer(t, gsetd.Config{Users: usersOf(t, "alice read:*")})
	p := dial(t, "tcp", addr)
	for _, command := range []string{"PING", "SADD s x", "SMEMBERS s", "INFO", "COMMAND", "CLIENT LIST", "ACL WHOAMI", "SUBSCRIBE x", "WAIT 1 0", "KEYS *"} {
		p.expect(command, "-NOAUTH Authentication required.")
	}
	p.expect("AUTH "+acl.DefaultName, wrongPass)
	p.expect("AUTH nobody x", wrongPass)
	p.expect("AUTH alice wrong", wrongPass)
	if r := p.do("HELLO 3 AUTH alice wrong"); r.String() != wrongPass {
		t.Errorf("HELLO: %v", r)
	}
	if r := p.call("HELLO", "3", "AUTH", "alice", passwordOf("alice")); r.kind != '%' {
		t.Errorf("HELLO: %v", r)
	}
	p.expect("ACL WHOAMI", `"alice"`)
	p.expect("AUTH alice wrong", wrongPass)
	p.expect("ACL WHOAMI", `"alice"`)
	p.expect("RESET", "+RESET")
	p.expect("PING", "-NOAUTH Authentication required.")
}

func TestWhoGuessesPasswordsIsDisconnected(t *testing.T) {
	_, addr := serveServer(t, gsetd.Config{Users: usersOf(t, "alice read:*")})
	p := dial(t, "tcp", addr)
	for range 10 {
		p.expect("AUTH alice wrong", wrongPass)
	}
	if _, err := p.in.ReadByte(); err == nil {
		t.Error("it may go on")
	}
}

func TestClientsThatDoNotAuthenticateAreDisconnected(t *testing.T) {
	s, addr := serveServer(t, gsetd.Config{Users: usersOf(t, "alice read:*"), MaxConns: 8})
	alice := dial(t, "tcp", addr)
	if r := alice.call("AUTH", "alice", passwordOf("alice")); r.text != "OK" {
		t.Fatal(r)
	}
	gone := func(p *peer) {
		t.Helper()
		if _, err := p.in.ReadByte(); err == nil {
			t.Error("it is still served")
		}
	}
	before := time.Now()
	var silent []*peer
	for range 3 { // a quarter of eight is two
		p := dial(t, "tcp", addr)
		p.expect("PING", "-NOAUTH Authentication required.")
		silent = append(silent, p)
	}
	gone(silent[0])
	silent[1].expect("PING", "-NOAUTH Authentication required.")
	s.Beat(before.Add(9 * time.Second))
	silent[2].expect("PING", "-NOAUTH Authentication required.")
	s.Beat(time.Now().Add(11 * time.Second))
	gone(silent[1])
	gone(silent[2])
	alice.expect("SCARD s", ":0")
	if info := alice.do("INFO stats").text; !strings.Contains(info, "gset_disconnected_without_auth:3\r\n") {
		t.Errorf("INFO does not count them:\n%s", info)
	}
}

func TestAUserDoesWhatItMay(t *testing.T) {
	_, login := serveUsers(t, usersOf(t, "root admin read:* write:*", "reader read:a*", "writer write:a* read:a:n", "both read:a* write:a*", "ops admin", "nobody"))
	root := login("root")
	for _, command := range []string{"SADD a1 x y", "SADD a2 y", "SADD b1 x", "INCR a:n", "INCR b:n"} {
		root.do(command)
	}
	for _, c := range []struct{ user, command, want string }{
		{"reader", "SCARD a1", ":2"},
		{"reader", "SCARD b1", deniedKey},
		{"reader", "SADD a1 z", deniedKey},
		{"reader", "SINTER a1 a2", `*["y"]`},
		{"reader", "SINTER a1 b1", deniedKey},
		{"reader", "SINTERCARD 2 a1 b1", deniedKey},
		{"reader", "SINTERCARD 2 a1 a2", ":1"},
		{"reader", "SINTERCARD 9 a1 b1", "-ERR Number of keys can't be greater than number of args"},
		{"reader", "SINTERCARD x b1", "-ERR numkeys should be greater than 0"},
		{"reader", "SUNION b1", deniedKey},
		{"reader", "EXISTS a1 a2 b1", deniedKey},
		{"reader", "MGET a:n", `*["1"]`},
		{"reader", "MGET a:n b:n", deniedKey},
		{"reader", "GET b:n", deniedKey},
		{"reader", "TYPE b1", deniedKey},
		{"reader", "MEMORY USAGE b1", deniedKey},
		{"reader", "SSCAN b1 0", deniedKey},
		{"reader", "SRANDMEMBER b1", deniedKey},
		{"reader", "INCR a:n", deniedKey},
		{"reader", "DBSIZE", deniedCommand("dbsize")},
		{"reader", "KEYS *1", `*["a1"]`},
		{"reader", "DEL a1", deniedKey},
		{"reader", "RENAME a1 b1", deniedKey},
		{"reader", "BGSAVE", deniedCommand("bgsave")},
		{"reader", "CONFIG GET *", deniedCommand("config|get")},
		{"reader", "CLIENT LIST", deniedCommand("client|list")},
		{"reader", "CLIENT KILL ID 1", deniedCommand("client|kill")},
		{"reader", "ACL LIST", deniedCommand("acl|list")},
		{"reader", "ACL USERS", deniedCommand("acl|users")},
		{"reader", "LATENCY LATEST", deniedCommand("latency|latest")},
		{"reader", "CLIENT SETNAME x", "+OK"},
		{"reader", "ACL WHOAMI", `"reader"`},
		{"writer", "SADD a1 z", ":1"},
		{"writer", "SMEMBERS a1", deniedKey},
		{"writer", "SADD b1 z", deniedKey},
		{"writer", "INCR a:n", ":2"},
		{"writer", "INCR a:m", deniedKey}, // its reply tells the value
		{"writer", "KEYS *", `*["a:n"]`},
		{"both", "INCR a:m", ":1"},
		{"both", "INCR b:n", deniedKey},
		{"ops", "CONFIG GET databases", `*["databases" "1"]`},
		{"ops", "SCARD a1", deniedKey},
		{"ops", "SADD a1 z", deniedKey},
		{"ops", "KEYS *", "*[]"},
		{"ops", "ACL LIST", `*["user both on %R~a* %W~a* +@all -@admin" "user nobody on +@all -@admin" "user ops on +@all" ` +
			`"user reader on %R~a* +@all -@admin" "user root on ~* &* +@all" "user writer on %R~a:n %W~a* +@all -@admin"]`},
		{"ops", "ACL USERS", `*["both" "nobody" "ops" "reader" "root" "writer"]`},
		{"nobody", "PING", "+PONG"},
		{"nobody", "SCARD a1", deniedKey},
		{"root", "DBSIZE", ":6"},
		{"root", "CLIENT KILL USER nobody", ":2"},
		{"root", "CLIENT KILL USER nobody2", "-ERR No such user 'nobody2'"},
	} {
		login(c.user).expect(c.command, c.want)
	}
	walk := login("reader").do("SCAN 0 COUNT 100").parts[1].sorted()
	if walk.String() != `*["a1" "a2" "a:m" "a:n"]` {
		t.Errorf("SCAN shows %v", walk)
	}
	info := root.do("INFO stats").text
	for _, line := range []string{"acl_access_denied_cmd:8", "acl_access_denied_key:22", "acl_access_denied_auth:0", "gset_refused_without_auth:0"} {
		if !strings.Contains(info, line+"\r\n") {
			t.Errorf("INFO has no %s:\n%s", line, info)
		}
	}
}

// Every command says what it needs: a user without rights is refused each command that is about data
// or the server, and a command that is added must be added to one of the two lists.
func TestEveryCommandAsksForARight(t *testing.T) {
	_, login := serveUsers(t, usersOf(t, "root admin read:* write:*", "nobody"))
	free := strings.Fields(`auth hello reset quit ping echo select command lastsave info wait keys scan psubscribe punsubscribe
		subscribe unsubscribe acl|whoami client|getname client|id client|info client|setinfo client|setname command|count command|docs command|info
		command|list pubsub|channels pubsub|numpat pubsub|numsub flushall flushdb swapdb`)
	p := login("nobody")
	check := func(name string, arity int) {
		t.Helper()
		args := strings.Split(strings.ReplaceAll(name, "|", " "), " ")
		for len(args) < max(arity, -arity) {
			args = append(args, "1")
		}
		r := p.call(args...)
		if slices.Contains(free, name) || strings.HasSuffix(name, "|help") {
			return
		}
		if !strings.HasPrefix(r.text, "NOPERM ") {
			t.Errorf("%q: %v", args, r)
		}
	}
	for _, c := range login("root").do("COMMAND").parts {
		name, subs := c.parts[0].text, c.parts[9].parts
		if name == "quit" || name == "reset" || name == "auth" || name == "hello" || strings.HasSuffix(name, "subscribe") || name == "wait" {
			continue // they change the connection
		}
		for _, sub := range subs {
			check(sub.parts[0].text, arity(t, sub))
		}
		if len(subs) == 0 {
			check(name, arity(t, c))
		}
	}
}

func arity(t *testing.T, c reply) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(c.parts[1].text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestASubscriberHearsOfWhatItMayRead(t *testing.T) {
	_, login := serveUsers(t, usersOf(t, "root admin read:* write:*", "reader read:a*"))
	reader, root := login("reader"), login("root")
	reader.expect("SUBSCRIBE __element@0__:a1 __element@0__:b1", deniedChannel)
	reader.expect("SUBSCRIBE __keyspace@0__:b1", deniedChannel)
	reader.expect("SUBSCRIBE __keyevent@0__:sadd", `*["subscribe" "__keyevent@0__:sadd" :1]`)
	reader.expect("PSUBSCRIBE __element@0__:*", `*["psubscribe" "__element@0__:*" :2]`)
	root.expect("SADD b1 x", ":1")
	root.expect("SADD a1 x", ":1")
	for _, want := range []string{`*["message" "__keyevent@0__:sadd" "a1"]`, `*["pmessage" "__element@0__:*" "__element@0__:a1" "x"]`} {
		if r := reader.read(); r.String() != want {
			t.Errorf("it hears %v, want %s", r, want)
		}
	}
	root.expect("SUBSCRIBE __element@0__:b1", `*["subscribe" "__element@0__:b1" :1]`)
	login("reader").expect("PUBSUB CHANNELS *", `*["__keyevent@0__:sadd"]`)
}

func TestNewUsersCountForOpenConnections(t *testing.T) {
	before := usersOf(t, "default read:*", "alice read:*", "bob read:*", "carol read:*")
	s, login := serveUsers(t, before)
	alice, bob := login("alice"), login("bob")
	alice.expect("PSUBSCRIBE __element@0__:*", `*["psubscribe" "__element@0__:*" :1]`)
	bob.expect("SCARD x", ":0")
	open := dial(t, "tcp", bob.nc.RemoteAddr().String())
	open.expect("ACL WHOAMI", `"default"`)

	line := func(name string) string {
		hash, err := acl.Hash(passwordOf(name))
		if err != nil {
			t.Fatal(err)
		}
		return name + " " + hash
	}
	bobLine := line("bob")
	after, err := acl.Parse(strings.NewReader(line("bob") + " write:*\n" + line("root") + " admin read:* write:*"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetUsers(after); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*peer{"alice, who is gone": alice, "bob, who has another hash": bob, "default, which is gone": open} {
		if _, err := p.in.ReadByte(); err == nil {
			t.Errorf("%s is still served", name)
		}
	}
	bob = login("bob")
	bob.expect("SCARD x", deniedKey)
	with := func(rights string) {
		t.Helper()
		text := line("root") + "\n" + bobLine + rights
		users, err := acl.Parse(strings.NewReader(text))
		if err == nil {
			err = s.SetUsers(users)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	with(" write:*")
	bob = login("bob")
	bob.expect("SCARD x", deniedKey)
	with(" read:x")
	bob.expect("SCARD x", ":0")
}

func TestGoRedisLogsInAsAUser(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		_, addr := serveServer(t, gsetd.Config{Users: usersOf(t, "alice read:a* write:a*")})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		c := goredis.NewClient(&goredis.Options{Addr: addr, Protocol: protocol, Username: "alice", Password: passwordOf("alice")})
		defer func() { _ = c.Close() }()
		if n, err := c.SAdd(ctx, "a", "x").Result(); n != 1 || err != nil {
			t.Errorf("SADD: %d, %v", n, err)
		}
		if err := c.SAdd(ctx, "b", "x").Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM ") {
			t.Errorf("outside its prefix: %v", err)
		}
		wrong := goredis.NewClient(&goredis.Options{Addr: addr, Protocol: protocol, Username: "alice", Password: "wrong"})
		defer func() { _ = wrong.Close() }()
		if err := wrong.Ping(ctx).Err(); err == nil || !strings.HasPrefix(err.Error(), "WRONGPASS ") {
			t.Errorf("with a wrong password: %v", err)
		}
	}
}
