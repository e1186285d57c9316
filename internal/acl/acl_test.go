package acl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gset/internal/acl"

	"pgregory.net/rapid"
)

func hash(t testing.TB, password string) string {
	t.Helper()
	h, err := acl.Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func parse(t testing.TB, text string) *acl.Users {
	t.Helper()
	us, err := acl.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return us
}

const secret = "0123456789abcdef"

func TestAUserLogsInWithItsPasswordOnly(t *testing.T) {
	us := parse(t, "# people\n\nalice "+hash(t, secret)+" read:*\n  bob\t"+hash(t, secret+"b")+"\n")
	for _, c := range []struct {
		name, password string
		right          bool
	}{
		{"alice", secret, true}, {"bob", secret + "b", true},
		{"alice", secret + "b", false}, {"bob", secret, false}, {"alice", "", false}, {"carol", secret, false},
		{"", "", false}, {"alice", strings.Repeat("x", acl.MaxPassword+1), false}, {"default", "", false},
	} {
		if u := us.Login([]byte(c.name), []byte(c.password)); (u != nil) != c.right || c.right && u.Name() != c.name {
			t.Errorf("%q with %q: %v", c.name, c.password, u)
		}
	}
	if us.Default() != nil {
		t.Error("nobody is default, and a client need not log in")
	}
}

func TestTheSamePasswordHasAnotherHashEachTime(t *testing.T) {
	if first, second := hash(t, secret), hash(t, secret); first == second {
		t.Error("the salt is the same")
	}
	if a, b := acl.Draw(), acl.Draw(); a == b || len(a) != 32 {
		t.Errorf("%q, %q", a, b)
	}
	for _, p := range []string{"", strings.Repeat("x", acl.MinPassword-1), strings.Repeat("x", acl.MaxPassword+1)} {
		if _, err := acl.Hash(p); err == nil {
			t.Errorf("a password of %d bytes", len(p))
		}
	}
}

// A right holds for the names that it says, and for no other: against a reference that asks each
// pattern in turn.
func TestARightHoldsForItsNamesOnly(t *testing.T) {
	h := hash(t, secret)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching("[ab:]{0,6}")
		pattern := rapid.StringMatching(`[ab:]{1,4}\*?|[ab:]{2}\*`)
		read, write := rapid.SliceOfN(pattern, 0, 6).Draw(t, "read"), rapid.SliceOfN(pattern, 0, 6).Draw(t, "write")
		line := "u " + h
		for _, p := range read {
			line += " read:" + p
		}
		for _, p := range write {
			line += " write:" + p
		}
		us, err := acl.Parse(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		u := us.Named("u")
		matches := func(patterns []string, name string) bool {
			return slices.ContainsFunc(patterns, func(p string) bool {
				prefix, isPrefix := strings.CutSuffix(p, "*")
				return name == p || isPrefix && strings.HasPrefix(name, prefix)
			})
		}
		for range 10 {
			n := name.Draw(t, "name")
			if got := u.MayRead([]byte(n)); got != matches(read, n) {
				t.Fatalf("%q: read %q is %v", line, n, got)
			}
			if got := u.MayWrite([]byte(n)); got != matches(write, n) {
				t.Fatalf("%q: write %q is %v", line, n, got)
			}
		}
		again, err := acl.Line("u", h, u.Rights()...)
		if err != nil {
			t.Fatal(err)
		}
		v, err := acl.Parse(strings.NewReader(again))
		if err != nil || !slices.Equal(v.Named("u").Rights(), u.Rights()) || !v.Named("u").SameLogin(u) {
			t.Fatalf("%q is not %q: %v", again, line, err)
		}
	})
}

func TestEverythingIsAllRightsTogether(t *testing.T) {
	h := hash(t, secret)
	for rights, want := range map[string]bool{
		"admin read:* write:*": true, "read:* write:*": false, "admin write:*": false, "admin read:a* read:* write:*": true, "": false,
	} {
		u := parse(t, "u "+h+" "+rights).Named("u")
		if u.Everything != want || u.Admin != strings.Contains(rights, "admin") {
			t.Errorf("%q: %v", rights, u.Everything)
		}
	}
	if u := acl.Single("").Default(); !u.Everything || !u.MayReadAll() || !u.MayRead([]byte("x")) || !u.MayWrite(nil) {
		t.Error("the one user may not do everything")
	}
	if acl.Single(secret).Default() != nil || acl.Single(secret).Login([]byte("default"), []byte(secret)) == nil {
		t.Error("the one user with a password")
	}
}

func TestANonsenseFileIsRefusedWithItsLine(t *testing.T) {
	h := hash(t, secret)
	for text, says := range map[string]string{
		"":                                    "no user",
		"# only a comment":                    "no user",
		"alice":                               "line 1: the user \"alice\" has no password",
		"\nalice sha256:00:00":                "line 2",
		"alice " + strings.ToUpper(h):         "line 1",
		"alice nopass":                        "only \"default\"",
		"alice " + h + " wipe:*":              `"wipe:*" is no right`,
		"alice " + h + " read:a*b":            "star that is not at its end",
		"alice " + h + " read:":               "names no collection",
		"alice " + h + "\nalice " + h:         "line 2: a second user",
		"al\x01ice " + h:                      "printable",
		strings.Repeat("x", 257) + " " + h:    "printable",
		"a " + strings.Repeat("x", 1<<18):     "line 1",
		"a " + h + strings.Repeat(" x", 1001): "rights, more than",
	} {
		if _, err := acl.Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v, want %q", text, err, says)
		}
	}
	for _, c := range [][]string{{"a b", h}, {"", h}, {"a", h, "read:a b"}, {"a", h, "nonsense"}, {"#a", h}, {"a", "nopass"}} {
		if line, err := acl.Line(c[0], c[1], c[2:]...); err == nil {
			t.Errorf("%q makes %q", c, line)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"default nopass read:*\n",
		"# x\nu sha256:" + strings.Repeat("0", 32) + ":" + strings.Repeat("f", 64) + " admin read:a* read:ab write:*\n",
		"u sha256::\n", "u\x00 nopass",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		us, err := acl.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, u := range us.All() {
			if us.Named(u.Name()) != u || u.Open() && u.Name() != acl.DefaultName {
				t.Fatalf("%q", u.Name())
			}
			u.MayRead([]byte(text))
		}
	})
}

func BenchmarkAllowed(b *testing.B) {
	everything := acl.Single("").Default()
	h := hash(b, secret)
	line := "u " + h
	for i := range acl.MaxRights {
		line += fmt.Sprintf(" read:%d:*", i)
	}
	some := parse(b, line).Named("u")
	name := []byte("500:name")
	for label, u := range map[string]*acl.User{"everything": everything, "of 1000 rights": some} {
		b.Run(label, func(b *testing.B) {
			for b.Loop() {
				if !u.MayRead(name) {
					b.Fatal("it may not")
				}
			}
		})
	}
	b.Run("login", func(b *testing.B) {
		us := parse(b, line)
		for b.Loop() {
			us.Login([]byte("u"), []byte("wrong password"))
		}
	})
}
