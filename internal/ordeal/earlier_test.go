package ordeal

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var upgradeFrom = flag.String("upgrade-from", "", "revision of the version that is upgraded; the newest tag before this commit by default, or the commit before it")

// errNoHistory is the error of a source tree that knows no earlier version: an archive, or a clone of depth 1.
var errNoHistory = errors.New("there is no history here")

// build is a program, and the revision that it was made of.
type build struct{ path, revision string }

// earlier is the program of the version that is upgraded, built once.
var earlier = sync.OnceValues(func() (build, error) {
	root, revision, err := history()
	if err != nil {
		return build{}, err
	}
	source := filepath.Join(scratch, "earlier")
	if err := os.Mkdir(source, 0o755); err != nil {
		return build{}, err
	}
	archive, err := command(root, "git", "archive", "--format=tar", revision)
	if err != nil {
		return build{}, err
	}
	unpack := exec.Command("tar", "-x", "-C", source)
	unpack.Stdin = strings.NewReader(archive)
	if out, err := unpack.CombinedOutput(); err != nil {
		return build{}, fmt.Errorf("tar: %w: %s", err, out)
	}
	path := filepath.Join(scratch, "gsetd-earlier")
	_, err = command(source, "go", "build", "-buildvcs=false", "-o", path, "./cmd/gsetd")
	return build{path, revision}, errors.Join(err, os.RemoveAll(source))
})

// history returns the root of the source tree and the revision that is upgraded.
func history() (root, revision string, err error) {
	module, err := command(".", "go", "list", "-m", "-f", "{{.Dir}}", "gset")
	if err != nil {
		return "", "", err
	}
	root = strings.TrimSpace(module)
	top, err := command(root, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", errNoHistory, err)
	}
	if a, err := os.Stat(root); err != nil {
		return "", "", err
	} else if b, err := os.Stat(strings.TrimSpace(top)); err != nil || !os.SameFile(a, b) {
		return "", "", fmt.Errorf("%w: %s is in the repository of something else", errNoHistory, root)
	}
	wanted := *upgradeFrom
	if wanted == "" {
		if _, err := command(root, "git", "rev-parse", "--verify", "--quiet", "HEAD~1^{commit}"); err != nil {
			return "", "", fmt.Errorf("%w: no commit is before this one", errNoHistory)
		}
		wanted = "HEAD~1"
		if tag, err := command(root, "git", "describe", "--tags", "--abbrev=0", wanted); err == nil {
			wanted = strings.TrimSpace(tag)
		}
	}
	commit, err := command(root, "git", "rev-parse", "--verify", wanted+"^{commit}")
	if err != nil {
		return "", "", fmt.Errorf("-upgrade-from: %w", err)
	}
	return root, strings.TrimSpace(commit), nil
}

// command returns what a command prints in a folder.
func command(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var problems bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(problems.String()))
	}
	return string(out), nil
}

// versions returns the programs of the version that is upgraded and of this one. They are the same where there is no
// history, and in short, which has no time to build another one, unless a revision is asked for.
func versions(t *testing.T) (before, after build) {
	t.Helper()
	path, err := gsetd()
	if err != nil {
		t.Fatal(err)
	}
	after = build{path, "this version"}
	if !*full && *upgradeFrom == "" {
		return after, after
	}
	before, err = earlier()
	switch {
	case errors.Is(err, errNoHistory) && *upgradeFrom == "":
		t.Logf("%v: this version is upgraded to itself", err)
		return after, after
	case err != nil:
		t.Fatalf("the version to upgrade cannot be built: %v", err)
	}
	t.Logf("%.12s is upgraded to this version, and this version downgraded to it", before.revision)
	return before, after
}
