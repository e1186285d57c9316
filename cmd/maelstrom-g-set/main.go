// Maelstrom-g-set is a node for Maelstrom's g-set workload: a grow-only set, kept equal
// on all nodes by gossip. See -help for its flags.
package main

import "gset/internal/node"

func main() { node.Main("maelstrom-g-set", node.GSet()) }
