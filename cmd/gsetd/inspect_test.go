package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gset/internal/freeport"
	"gset/internal/store/storetest"
)

// filled serves a store, and returns its folder, a backup, and the address of a node that serves it.
func filled(t *testing.T, commands ...[]any) (dir, backup, address string) {
	t.Helper()
	dir = t.TempDir()
	backup = filepath.Join(t.TempDir(), "backup")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--dir", dir)
	t.Cleanup(stop)
	address = servedAt(printed)
	c := connect(t, address)
	for _, command := range commands {
		if _, err := c.Do(command[0].(string), command[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _, problems := once("backup", "--dir", dir, backup); status != 0 {
		t.Fatal(problems)
	}
	return dir, backup, address
}

func TestInspectSaysWhatThereIs(t *testing.T) {
	dir, backup, _ := filled(t, []any{"SADD", "s", "a", "b"}, []any{"INCR", "c"})
	for path, kind := range map[string]string{dir: "store of member", backup: "backup of member"} {
		status, text, problems := once("inspect", path)
		for _, word := range []string{kind, "2 elements, 2 collections", "no damage"} {
			if status != 0 || !strings.Contains(text, word) {
				t.Errorf("status %d, %q, %q lacks %q", status, problems, text, word)
			}
		}
	}
}

func TestInspectSaysWhatIsWrong(t *testing.T) {
	_, backup, _ := filled(t, []any{"SADD", "s", "a", "b"}, []any{"INCR", "c"})
	good, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte{}, good...)
	flipped[540] ^= 1 // in a frame, behind the header
	newer := append([]byte{}, good...)
	newer[8]++ // the version
	empty := t.TempDir()
	for _, tt := range []struct {
		name, text, says string
	}{
		{"flipped", string(flipped), "damaged"},
		{"cut off", string(good[:len(good)-20]), "damaged"},
		{"nothing", "", "damaged"},
		{"of another program", strings.Repeat("x", 5000), "this is no file of a gsetd store"},
		{"of another version without its checksum", string(newer), "damaged"},
	} {
		path := file(t, tt.text)
		status, _, problems := once("inspect", path)
		if status != exitFailed || !strings.Contains(problems, tt.says) {
			t.Errorf("%s: status %d, %q", tt.name, status, problems)
		}
		if strings.Count(problems, path) != 1 {
			t.Errorf("%s: the path is there more than once: %q", tt.name, problems)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != tt.text {
			t.Errorf("%s was changed: %v", tt.name, err)
		}
	}
	if status, _, problems := once("inspect", empty); status != exitFailed || !strings.Contains(problems, "holds no store") {
		t.Errorf("status %d, %q", status, problems)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if status, _, problems := once("inspect", "/nowhere/at/all"); status != exitFailed || !strings.Contains(problems, "/nowhere/at/all") {
		t.Errorf("status %d, %q", status, problems)
	}
}

func TestDiffSaysWhatEachLacks(t *testing.T) {
	dir, backup, address := filled(t, []any{"SADD", "s", "a", "b"}, []any{"INCR", "c"}, []any{"DECRBY", "d", "7"})
	_, other, _ := filled(t, []any{"SADD", "s", "b", "x", "y"}, []any{"INCRBY", "c", "2"}, []any{"SADD", "t", "z"}, []any{"DECRBY", "d", "7"})
	for _, pair := range [][2]string{{dir, backup}, {backup, address}, {address, dir}, {other, other}} {
		if status, text, problems := once("diff", pair[0], pair[1]); status != 0 || !strings.HasPrefix(text, "equal: ") {
			t.Errorf("%v: status %d, %s%s", pair, status, text, problems)
		}
	}
	for _, a := range []string{dir, backup, address} {
		status, text, problems := once("diff", "--first=2", a, other)
		if status != exitDiffer || problems != "" {
			t.Errorf("status %d, %s", status, problems)
		}
		for _, want := range []string{a + " lacks 3 elements and 1 collection; 1 counter differs\n", other + " lacks 1 element and 0 collections; 1 counter differs\n", `"s" lacks "a"`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", text, want)
			}
		}
		if n := strings.Count(text, "\n"); n != 2+2+2 {
			t.Errorf("%d lines: %s", n, text)
		}
	}
}

func TestDiffTellsTroubleFromDifference(t *testing.T) {
	_, backup, _ := filled(t, []any{"SADD", "s", "a"})
	broken := file(t, "not a backup")
	for _, other := range []string{broken, "127.0.0.1:1", "/nowhere/at/all"} {
		if status, _, problems := once("diff", backup, other); status != exitTrouble || problems == "" {
			t.Errorf("%s: status %d, %q", other, status, problems)
		}
	}
}

// A folder whose cluster.json is damaged is called damaged, and what clients do not see is not counted.
func TestInspectNamesTheClusterAndReadsItsFile(t *testing.T) {
	ca := newCA(t)
	a, b := t.TempDir(), t.TempDir()
	_, peers, stopA := member(t, ca, "a", a, "--cluster=prod", "--peer-beacon=1ms")
	defer stopA()
	clients, _, stopB := member(t, ca, "b", b, "--cluster=prod", "--peer-join="+peers, "--peer-beacon=1ms")
	c := connect(t, clients)
	others(t, c, 1)
	do(t, c, 1, "SADD", "s", "x")
	do(t, c, 1, "WAIT", 1, 0)
	_ = c.Close()
	stopB()
	backup := filepath.Join(t.TempDir(), "backup")
	if status, _, problems := once("backup", "--dir", b, backup); status != 0 {
		t.Fatal(problems)
	}
	for _, command := range [][]string{{"inspect", b}, {"inspect", "--key-from", b, backup}} {
		status, text, problems := once(command...)
		for _, want := range []string{`of member "b" of cluster "prod", whose id is `, "1 element, 1 collection,"} {
			if status != 0 || !strings.Contains(text, want) {
				t.Errorf("%v: status %d, %q, %q lacks %q", command, status, problems, text, want)
			}
		}
	}
	path := filepath.Join(b, "cluster.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte(`"key":"`)) + len(`"key":"`)
	for digit := range []byte("0123456789abcdef") {
		if text[at] != "0123456789abcdef"[digit] {
			text[at] = "0123456789abcdef"[digit]
			break
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, problems := once("inspect", b); status != exitFailed || !strings.Contains(problems, "cluster.json is damaged") {
		t.Errorf("status %d, %q", status, problems)
	}
}

// A node that serves TLS and asks for a user is read, and given load, with the flags that docs/OPERATING.md shows.
func TestDiffAndBenchAreLetInAsClientsAre(t *testing.T) {
	ca := newCA(t)
	files := filesOf(t, ca, "localhost")
	status, users, said := once("user", "app", "read:*", "write:*")
	password := regexp.MustCompile(`\S{20,}`).FindString(said)
	if status != 0 || password == "" {
		t.Fatal(said)
	}
	address := strings.Replace(freeport.Reserve(t), "127.0.0.1", "localhost", 1)
	_, stop := start(t, 1, "serve", "--listen="+address, "--tls-cert="+files.Certificate, "--tls-key="+files.Key, "--users="+file(t, users))
	defer stop()
	_, backup, _ := filled(t, []any{"SADD", "s", "a"})
	as := []string{"--ca", files.Authority, "--user", "app", "--password-file", file(t, password+"\n")}
	if status, text, problems := once(append([]string{"bench", "--for=20ms", "--clients=1", address}, as...)...); status != 0 || !strings.Contains(text, "; 0 errors") {
		t.Errorf("bench: status %d, %q, %q", status, text, problems)
	}
	if status, text, problems := once(append([]string{"diff", backup, address}, as...)...); status != exitDiffer || !strings.Contains(text, address+" lacks 1 element ") {
		t.Errorf("diff: status %d, %q, %q", status, text, problems)
	}
}

// All files that are damaged are listed in one place.
func TestInspectListsAllDamagedFiles(t *testing.T) {
	dir, _, _ := filled(t, []any{"SADD", "s", "a", "b"})
	dir = copied(t, dir)
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	other := filepath.Join(dir, "9999999999.log")
	for _, name := range []string{logs[0], other} {
		if err := os.WriteFile(name, []byte(strings.Repeat("x", 5000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, text, problems := once("inspect", dir)
	if status != exitFailed || strings.Count(problems, logs[0]) != 1 || strings.Count(problems, other) != 1 || strings.Contains(text, ".log") {
		t.Errorf("status %d, %q, %q", status, text, problems)
	}
}

// copied copies a folder that is being served: it is as if the process had been killed.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A store that serve refuses as damaged inspect calls damaged, and backup refuses.
func TestInspectAndBackupSeeTheDamageThatServeSees(t *testing.T) {
	dir, whole, _ := filled(t, []any{"SADD", "s", "a", "b"}, []any{"SADD", "s", "c"})
	dir = copied(t, dir)
	storetest.FlipLast(t, dir)
	backup := filepath.Join(t.TempDir(), "backup")
	for _, command := range [][]string{{"serve", "--listen=127.0.0.1:0", "--dir", dir}, {"restore", "--dir", dir, whole}} {
		if status, _, problems := once(command...); status != exitFailed || !strings.Contains(problems, "--on-damage=refill salvages it") {
			t.Errorf("%s: status %d, %q", command[0], status, problems)
		}
	}
	for _, command := range [][]string{{"serve", "--listen=127.0.0.1:0", "--dir", dir}, {"inspect", dir}, {"backup", "--dir", dir, backup}} {
		if status, _, problems := once(command...); status != exitFailed || !strings.Contains(problems, "damaged at offset") {
			t.Errorf("%s: status %d, %q", command[0], status, problems)
		}
	}
	if _, err := os.Stat(backup); err == nil {
		t.Error("a backup was written of a damaged store")
	}
}
