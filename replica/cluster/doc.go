// Package cluster is a member of a live cluster: the engine of package replica over
// crdt.Collections, with membership, connections and a disk. To be written.
package cluster
