package cluster_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"gset/replica/cluster"
)

// lines collects a log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(b))
	return len(b), nil
}

// count returns how many lines have all words.
func (l *lines) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
line:
	for _, line := range l.all {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue line
			}
		}
		n++
	}
	return n
}

func TestMembersThatComeAndGoAreLoggedOnce(t *testing.T) {
	ca := newCA(t)
	var log lines
	c := config(t, ca, "a")
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	a := open(t, c)
	b := open(t, config(t, ca, "b", a))
	d := open(t, config(t, ca, "d", a))
	awaitMembers(t, a, b, d)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, a, func(c *cluster.Core) bool { return c.Down("b") })
	if err := d.Leave(within(t)); err != nil {
		t.Fatal(err)
	}
	until(t, a, func(c *cluster.Core) bool { return c.Others() == 1 })
	for _, words := range [][]string{
		{"a member is up", "member=b", a.Addr()[:9]}, {"a member is up", "member=d"},
		{"a member is down", "level=WARN", "member=b"}, {"a member has left", "member=d"},
	} {
		if log.count(words...) != 1 {
			t.Errorf("%d lines have %q: %q", log.count(words...), words, log.all)
		}
	}
}
