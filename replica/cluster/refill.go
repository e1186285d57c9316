package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// How a node remembers that its store is to be refilled.
//
// A store that was salvaged may lack updates that this node has acknowledged, and is whole by its files from then
// on. So the folder has a mark from before the salvage until another member was equal with this node once, and holds
// then what it had heard of this node's updates. A start in between finds the mark, and goes on waiting.

// unfilledFile is the mark in Config.Dir.
const unfilledFile = "unfilled"

// unfilledText is what the mark holds, for people.
const unfilledText = "The store in this folder was damaged and salvaged: it may lack updates that were acknowledged, and no other\n" +
	"member has refilled it yet. Remove this file, while the node is stopped, to go on with what is left.\n"

func (c *Config) unfilledPath() string { return filepath.Join(c.Dir, unfilledFile) }

// isUnfilled reports whether the folder has the mark.
func (c *Config) isUnfilled() (bool, error) {
	if c.Dir == "" {
		return false, nil
	}
	_, err := os.Lstat(c.unfilledPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// markUnfilled puts the mark into the folder, durably.
func (c *Config) markUnfilled() error {
	if err := replaceFile(c.unfilledPath(), []byte(unfilledText)); err != nil {
		return fmt.Errorf("cluster: the store is not salvaged, as that cannot be noted: %w", err)
	}
	return nil
}

// unmarkUnfilled removes the mark.
func (c *Config) unmarkUnfilled() error {
	err := os.Remove(c.unfilledPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncDir(c.Dir))
}

// openMarked makes the core. If the store is to be salvaged the folder has the mark before that, and keeps it if
// anything was lost.
func (n *Node) openMarked() error {
	unfilled, err := n.config.isUnfilled()
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	salvages := n.config.Salvage && n.config.Dir != "" && !unfilled
	if salvages {
		err = n.config.markUnfilled()
	}
	if err != nil {
		return err
	}
	if n.core, err = newCore(n.config, n.life); err != nil {
		return err
	}
	if salvages && !n.core.lost {
		return n.config.unmarkUnfilled()
	}
	n.core.unfilled = unfilled || salvages
	return nil
}

// awaitRefill has the mark removed once another member is proved to hold what this node holds.
func (n *Node) awaitRefill() error {
	if !n.core.unfilled {
		return nil
	}
	if n.config.Alone {
		n.config.Log.Warn("the store was damaged and lacks updates, and nobody can refill a node that is alone: "+
			"it goes on with what is left when this file is removed while it is stopped", "file", n.config.unfilledPath())
		return nil
	}
	n.config.Log.Warn("the store was damaged and lacks updates until another member has refilled it; "+
		"if there is none any more, the node goes on with what is left when this file is removed while it is stopped", "file", n.config.unfilledPath())
	return n.Do(func(c *Core) {
		c.Await(1, func(int) { c.refilled() })
	})
}

// refilled notes that another member holds what this node holds.
func (c *Core) refilled() {
	c.unfilled = false
	if err := c.config.unmarkUnfilled(); err != nil {
		c.faults("the store was refilled, and the next start will not know: %v", err)
		return
	}
	c.config.Log.Info("other members have refilled the store")
}

// Unfilled reports whether the store was salvaged, now or by an earlier process, and no other member was equal with
// this node since: then the state may lack what this node has acknowledged. A node that is alone stays so.
func (c *Core) Unfilled() bool { return c.unfilled }
