package crdttest

import "gset/crdt"

// CheckGenerator is what Run asks of a generator.
func CheckGenerator[S crdt.Lattice[S]](spec Spec[S]) error { return checkGenerator(spec) }
