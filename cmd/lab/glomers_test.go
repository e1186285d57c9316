package main

import (
	"strings"
	"testing"

	"gset/internal/command"
)

func TestGlomersExitStatus(t *testing.T) {
	for _, test := range []struct {
		args string
		want int
	}{
		{"glomers --commands", 0},
		{"glomers --only nothing", command.ExitUsage},
		{"glomers --runs 0", command.ExitUsage},
		{"glomers --parallel 0", command.ExitUsage},
		{"glomers --bin-dir none", command.ExitUsage},
		{"toast", command.ExitUsage},
	} {
		if got := run(strings.Fields(test.args)); got != test.want {
			t.Errorf("lab %s: exit status %d, want %d", test.args, got, test.want)
		}
	}
}
