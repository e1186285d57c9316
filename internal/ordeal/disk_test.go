package ordeal

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
)

// diskBytes is the size of a member's own disk.
const diskBytes = 512 << 20

// ownDisk gives a member, which is down and has no store, a disk of its own that can be full.
func (n *namespaces) ownDisk(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{{"mkdir", "-p", dir}, {"mount", "-t", "tmpfs", "-o", "size=" + strconv.Itoa(diskBytes), "none", dir}} {
		if err := n.run(args[0], args[1:]...); err != nil {
			t.Fatal(err)
		}
	}
}

// ballast is a file beside a member's store that takes what is free.
func ballast(m *member) string { return filepath.Join(filepath.Dir(m.dir), "ballast") }

// fill has no room left on a member's disk; free ends that.
func (n *namespaces) fill(m *member) error {
	const short = "No space left on device"
	err := n.run("sh", "-c", fmt.Sprintf("cat /dev/zero 2>&1 > %s | grep -q %q", ballast(m), short))
	if err != nil {
		return fmt.Errorf("the disk of %s is not full: %w", m.name, err)
	}
	return nil
}

func (n *namespaces) free(m *member) error { return n.run("rm", ballast(m)) }
