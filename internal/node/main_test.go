package node

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"
)

func TestFlagsSetOptions(t *testing.T) {
	for _, test := range []struct {
		args string
		want Options
	}{
		{"", Options{Interval: 250 * time.Millisecond, Probe: 2 * time.Second}},
		{"--", Options{Interval: 250 * time.Millisecond, Probe: 2 * time.Second}},
		{"-interval 0 -probe 1ms", Options{Interval: 0, Probe: time.Millisecond}},
		{"-interval 24h -probe=24h", Options{Interval: 24 * time.Hour, Probe: 24 * time.Hour}},
		{"--seed 18446744073709551615 -verbose", Options{Interval: 250 * time.Millisecond, Probe: 2 * time.Second, Seed: 1<<64 - 1, Verbose: true}},
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
		{"-probe 0", "-probe 0s is not above 0"},
		{"-probe -1s", "-probe -1s is not above 0"},
		{"-probe 25h", "-probe 25h0m0s is not above 0 and up to 24h"},
		{"-seed -1", `invalid value "-1" for flag -seed`},
		{"-seed 1.5", `invalid value "1.5" for flag -seed`},
		{"-seed 18446744073709551616", `for flag -seed`},
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
		_, err := ParseFlags("maelstrom-broadcast", []string{"-verbose", arg, "-seed", "x"}, &usage)
		if !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s: got %v", arg, err)
		}
		for _, want := range []string{"Usage: maelstrom-broadcast", "-w broadcast ", "-interval T", "-probe R", "-seed number", "-verbose", "(default 250ms)", "(default 2s)"} {
			if !strings.Contains(usage.String(), want) {
				t.Errorf("%s does not tell of %s:\n%s", arg, want, usage.String())
			}
		}
	}
}
