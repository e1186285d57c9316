package node

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"gset/crdt"
)

func TestFlagsSetOptions(t *testing.T) {
	for _, test := range []struct {
		args string
		want Options
	}{
		{"", usual},
		{"--", usual},
		{"-interval 0 -probe 10ms", Options{Interval: 0, Probe: 10 * time.Millisecond, Key: benchKey}},
		{"-interval 0s", Options{Interval: 0, Probe: usual.Probe, Key: benchKey}},
		{"-interval 24h -probe=24h", Options{Interval: 24 * time.Hour, Probe: 24 * time.Hour, Key: benchKey}},
		{"--key 00000000000000010123456789ABcdef -verbose",
			Options{Interval: usual.Interval, Probe: usual.Probe, Key: crdt.Key{1, 0x0123456789abcdef}, Verbose: true}},
	} {
		var usage strings.Builder
		got, err := ParseFlags("maelstrom-broadcast", strings.Fields(test.args), &usage)
		if err != nil || got != test.want || usage.Len() > 0 {
			t.Errorf("%s: got %+v, %v, %q, want %+v", test.args, got, err, usage.String(), test.want)
		}
	}
}

func TestImpossibleFlagsAreNamedInTheError(t *testing.T) {
	for _, test := range []struct{ args, words string }{
		{"-interval -1ms", "-interval -1ms is outside 0 to 24h"},
		{"-interval 24h1ns", "-interval 24h0m0.000000001s is outside 0 to 24h"},
		{"-interval 250", `invalid value "250" for flag -interval`},
		{"-interval often", `invalid value "often" for flag -interval`},
		{"-interval", "needs an argument: -interval"},
		{"-probe 0", "-probe 0s is outside 10ms to 24h"},
		{"-probe -1s", "-probe -1s is outside 10ms"},
		{"-probe 9ms", "-probe 9ms is outside 10ms"},
		{"-probe 25h", "-probe 25h0m0s is outside 10ms to 24h"},
		{"-key 0123456789abcdef", `invalid value "0123456789abcdef" for flag -key: not 32 hexadecimal digits`},
		{"-key 0123456789abcdef0123456789abcdeg", "for flag -key: not 32 hexadecimal digits"},
		{"-key 0123456789abcdef0123456789abcdef01", "for flag -key: not 32 hexadecimal digits"},
		{"-key 00000000000000000000000000000000", "for flag -key: the zero key"},
		{"-verbose=maybe", `invalid boolean value "maybe" for -verbose`},
		{"-retries 5", "not defined: -retries"},
		{"5", `unexpected argument "5"`},
		{"-verbose true", `unexpected argument "true"`},
		{"-- -verbose", `unexpected argument "-verbose"`},
	} {
		var usage strings.Builder
		_, err := ParseFlags("maelstrom-broadcast", strings.Fields(test.args), &usage)
		if err == nil || !strings.Contains(err.Error(), test.words) || !strings.Contains(usage.String(), test.words) {
			t.Errorf("%s: got %v and %q, want words about %s", test.args, err, usage.String(), test.words)
		}
	}
}

func TestHelpTellsOfAllFlags(t *testing.T) {
	for _, arg := range []string{"-help", "--help", "-h"} {
		var usage strings.Builder
		_, err := ParseFlags("maelstrom-broadcast", []string{"-verbose", arg, "-key", "x"}, &usage)
		if !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s: got %v", arg, err)
		}
		for _, want := range []string{"Usage: maelstrom-broadcast", "-w broadcast ", "-interval T", "-probe R", "-key key", "public key", "-verbose", "(default 250ms)", "(default 2s)"} {
			if !strings.Contains(usage.String(), want) {
				t.Errorf("%s does not tell of %s:\n%s", arg, want, usage.String())
			}
		}
	}
}
