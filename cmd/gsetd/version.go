package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// unknownVersion is the version of a program whose build tells none: of a changed or exported tree, or with -buildvcs=false.
const unknownVersion = "(devel)"

// version returns the program's version: the module's, or the commit that it was built of.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownVersion
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != unknownVersion {
		return v
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+dirty"
		}
	}
	if revision == "" {
		return unknownVersion
	}
	return revision + changed
}

type versionCmd struct{}

// Run prints the versions of the program and of what it was built by.
func (versionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintf(out, "gsetd %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
