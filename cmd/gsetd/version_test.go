package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// The program tells its version: the module's, the commit's, or that neither is known.
func TestTheProgramTellsItsVersion(t *testing.T) {
	revision, changed := debug.BuildSetting{Key: "vcs.revision", Value: "c0ffee"}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3":       {Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{revision}},
		"c0ffee":       {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{revision}},
		"c0ffee+dirty": {Settings: []debug.BuildSetting{revision, changed}},
		"(devel)":      {},
	} {
		if got := versionOf(&info); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, command := range []string{"version", "--version"} {
		if status, out, problems := once(command); status != 0 || !strings.HasPrefix(out, "gsetd "+version()+" "+runtime.Version()) {
			t.Errorf("%s: %d, %q, %q", command, status, out, problems)
		}
	}
}
