package ordeal

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// node-redis and ioredis work on a cluster: they add at one member, and read and subscribe at another.
func TestJavaScriptClientsWork(t *testing.T) {
	dir := installClients(t)
	for _, script := range []string{"node-redis.js", "ioredis.js"} {
		for _, protocol := range []string{"2", "3"} {
			t.Run(strings.TrimSuffix(script, ".js")+" RESP"+protocol, func(t *testing.T) {
				const password = "secret"
				c := newClusterIn(t, &relays{}, "a", "b")
				for _, m := range c.members {
					m.flags = append(m.flags, "--password="+password)
					c.start(m)
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				cmd := exec.CommandContext(ctx, "node", script, protocol, password, c.members[0].addr, c.members[1].addr)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil || string(out) != "ok\n" {
					t.Errorf("node %s: %v\n%s", script, err, out)
				}
			})
		}
	}
}

// installClients installs the clients that testdata/node/package-lock.json names, each by its checksum, in a
// folder that is gone when the test has ended. Without Node.js, or without a registry, the test is skipped,
// unless the environment has GSET_NODE=required, as in .ci/run.
func installClients(t *testing.T) (dir string) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("GSET_NODE") == "required" {
		missing = t.Fatalf
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			missing("clients of JavaScript are not held against gsetd: %v: apt-get install nodejs npm", err)
		}
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		missing("clients of JavaScript are not held against gsetd: npm ci: %v\n%s", err, out)
	}
	return dir
}
