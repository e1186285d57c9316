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
		{"alone", func(c *Config) { c.Members = []ID{"a"} }, ""},
		{"interval of zero", func(c *Config) { c.Interval = 0 }, ""},
		{"longest times", func(c *Config) { c.Interval, c.Probe = MaxInterval, MaxInterval }, ""},
		{"nobody", func(c *Config) { c.Members = nil }, `"a" is not among the members []`},
		{"not a member", func(c *Config) { c.Self = "z" }, `"z" is not among the members ["b" "a" "c"]`},
		{"listed twice", func(c *Config) { c.Members = []ID{"a", "b", "a"} }, "member \"a\" is listed twice"},
		{"too many", func(c *Config) { c.Members = make([]ID, maxMembers+1) }, "65537 members, at most 65536 are supported"},
		{"negative interval", func(c *Config) { c.Interval = -1 }, "interval -1ns is outside 0 to 24h0m0s"},
		{"long interval", func(c *Config) { c.Interval = MaxInterval + 1 }, "interval 24h0m0.000000001s is outside 0 to 24h0m0s"},
		{"no probe interval", func(c *Config) { c.Probe = 0 }, "probe interval 0s is not above 0 and up to 24h0m0s"},
		{"long probe interval", func(c *Config) { c.Probe = MaxInterval + 1 }, "probe interval 24h0m0.000000001s is not above 0"},
		{"short messages", func(c *Config) { c.MaxMessage = MinMessage - 1 }, "message limit of 1207 bytes is below 1208"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{
				Self: "a", Members: []ID{"b", "a", "c"},
				Interval: time.Second, Probe: time.Second, MaxMessage: MinMessage,
			}
			c.spoil(&cfg)
			r, err := New(cfg, crdt.NewGSet(crdt.Key{}), 0)
			switch {
			case c.want == "" && (err != nil || r == nil):
				t.Errorf("error %v", err)
			case c.want != "" && (err == nil || r != nil || !strings.HasPrefix(err.Error(), "replica: "+c.want)):
				t.Errorf("error is %q, want %q", err, c.want)
			}
		})
	}
}

func TestConfigIsLeftAsItWas(t *testing.T) {
	cfg := Config{Self: "a", Members: []ID{"b", "a"}, Probe: 1, MaxMessage: MinMessage}
	if _, err := New(cfg, bottom.New(), 0); err != nil {
		t.Fatal(err)
	}
	if cfg.Members[0] != "b" {
		t.Errorf("members were sorted to %v", cfg.Members)
	}
}
