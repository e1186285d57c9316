package replica

import (
	"strings"
	"testing"
	"time"

	"gset/crdt"
)

func TestConfigSaysWhatIsWrongWithIt(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Config)
		want  string // "" is: nothing
	}{
		{"as it should be", func(*Config) {}, ""},
		{"alone", func(c *Config) { c.Members = listOf(t, "a") }, ""},
		{"with defaults", func(c *Config) { *c = Config{Self: "a", Members: c.Members} }, ""},
		{"eager", func(c *Config) { c.Interval = Eager }, ""},
		{"longest times", func(c *Config) { c.Interval, c.Probe = MaxInterval, MaxInterval }, ""},
		{"shortest times", func(c *Config) { c.Interval, c.Probe = 1, MinProbe }, ""},
		{"greatest fanout", func(c *Config) { c.Fanout = MaxFanout }, ""},
		{"least fanout", func(c *Config) { c.Fanout = 2 }, ""},
		{"no list", func(c *Config) { c.Members = nil }, "a Config without Members"},
		{"not a member", func(c *Config) { c.Self = "z" }, `"z" is not among the members`},
		{"nobody", func(c *Config) { c.Self = "" }, "Self is a name of 0 bytes, outside 1 to 255"},
		{"a long name", func(c *Config) { c.Self = ID(strings.Repeat("x", 256)) }, "Self is a name of 256 bytes, outside 1 to 255"},
		{"negative interval", func(c *Config) { c.Interval = -2 }, "interval -2ns is neither Eager nor up to 24h0m0s"},
		{"long interval", func(c *Config) { c.Interval = MaxInterval + 1 }, "interval 24h0m0.000000001s is neither Eager nor up to 24h0m0s"},
		{"probes without end", func(c *Config) { c.Probe = 1 }, "probe interval 1ns is outside 10ms to 24h0m0s"},
		{"negative probe interval", func(c *Config) { c.Probe = -1 }, "probe interval -1ns is outside 10ms to 24h0m0s"},
		{"long probe interval", func(c *Config) { c.Probe = MaxInterval + 1 }, "probe interval 24h0m0.000000001s is outside 10ms"},
		{"no tree", func(c *Config) { c.Fanout = 1 }, "fanout 1 is outside 2 to 65536"},
		{"negative fanout", func(c *Config) { c.Fanout = -3 }, "fanout -3 is outside 2 to 65536"},
		{"wide fanout", func(c *Config) { c.Fanout = MaxFanout + 1 }, "fanout 65537 is outside 2 to 65536"},
		{"short messages", func(c *Config) { c.MaxMessage = MinMessage - 1 }, "message limit of 1023 bytes is below 1024"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{
				Self: "a", Members: listOf(t, "b", "a", "c"),
				Interval: time.Second, Probe: time.Second, MaxMessage: MinMessage,
			}
			c.spoil(&cfg)
			r, err := New(cfg, set(), 0)
			switch {
			case c.want == "" && (err != nil || r == nil):
				t.Errorf("error %v", err)
			case c.want != "" && (err == nil || r != nil || !strings.HasPrefix(err.Error(), "replica: "+c.want)):
				t.Errorf("error is %q, want %q", err, c.want)
			}
		})
	}
}

// TestTheZeroKeyIsRefused: anyone can compute two states with equal digests under it.
func TestTheZeroKeyIsRefused(t *testing.T) {
	cfg := Config{Self: "a", Members: listOf(t, "a", "b")}
	if _, err := New(cfg, crdt.NewGSet(crdt.Key{}), 0); err == nil || !strings.Contains(err.Error(), "zero key") {
		t.Errorf("the error of New is %v", err)
	}
	if _, err := Restore(cfg, Snapshot[*crdt.GSet]{0, crdt.NewGSet(crdt.Key{}), crdt.NewGSet(crdt.Key{})}, 0); err == nil {
		t.Error("Restore takes it")
	}
	for _, k := range []crdt.Key{{1, 0}, {0, 1}} {
		if _, err := New(cfg, crdt.NewGSet(k), 0); err != nil {
			t.Errorf("the key %v is refused: %v", k, err)
		}
	}
}

// TestNilStatesAreRefused: of a pointer type and of a map type, where a nil and an empty one differ.
func TestNilStatesAreRefused(t *testing.T) {
	cfg := Config{Self: "a", Members: listOf(t, "a", "b")}
	if _, err := New[*crdt.GSet](cfg, nil, 0); err == nil {
		t.Error("New takes a nil set")
	}
	if _, err := New[words](cfg, nil, 0); err == nil {
		t.Error("New takes nil words")
	}
	if _, err := Restore(cfg, Snapshot[*crdt.GSet]{Stable: set()}, 0); err == nil {
		t.Error("Restore takes a nil pending")
	}
	if _, err := Restore(cfg, Snapshot[*crdt.GSet]{Pending: set()}, 0); err == nil {
		t.Error("Restore takes a nil stable")
	}
	if _, err := New(cfg, words{}, 0); err != nil {
		t.Errorf("New refuses no words: %v", err)
	}
}
