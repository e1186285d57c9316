package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"gset/internal/bench"
)

// maxNodesFile bounds a file of nodes' names, in bytes.
const maxNodesFile = 1 << 20

// givenBy names the options that nodes' names were given by.
func (c *testCmd) givenBy() string {
	var options []string
	if len(c.Node) > 0 {
		options = append(options, "-n")
	}
	if c.Nodes != nil {
		options = append(options, "--nodes")
	}
	if c.NodesFile != "" {
		options = append(options, "--nodes-file")
	}
	return strings.Join(options, ", ")
}

// sayNodes warns of names that can hardly be meant: of those that a number of nodes overrides, and of numbers.
func (c *testCmd) sayNodes(w io.Writer) {
	if c.NodeCount != nil {
		if given := c.givenBy(); given != "" {
			made := fmt.Sprintf("nodes n0 to n%d", *c.NodeCount-1)
			if *c.NodeCount == 1 {
				made = "one node, n0"
			}
			fmt.Fprintf(w, "squall test: %s is ignored: --node-count %d makes %s\n", given, *c.NodeCount, made)
		}
		return
	}
	for _, name := range c.Node {
		if _, err := strconv.Atoi(name); err == nil {
			fmt.Fprintf(w, "squall test: -n %s is one node that is called %s; --node-count %s makes %s nodes\n", name, name, name, name)
		}
	}
}

// names merges the nodes' names as Jepsen does: those of the file, of --nodes and of each --node.
// It returns nil if none is given.
func (c *testCmd) names() ([]string, error) {
	var names []string
	if c.NodesFile != "" {
		f, err := os.Open(c.NodesFile)
		if err != nil {
			return nil, &bench.OptionError{Option: "--nodes-file", Reason: err.Error()}
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxNodesFile+1))
		if err != nil || len(text) > maxNodesFile {
			return nil, &bench.OptionError{Option: "--nodes-file", Reason: fmt.Sprintf("%s: must be a file of at most %d bytes (%v)", c.NodesFile, maxNodesFile, err)}
		}
		names = append(names, strings.Fields(string(text))...)
	}
	if c.Nodes != nil {
		for name := range strings.SplitSeq(*c.Nodes, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return append(names, c.Node...), nil
}
