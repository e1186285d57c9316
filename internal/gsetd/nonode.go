package gsetd

import "gset/crdt"

// noNode stands for a node that could not be opened, until the loop has ended.
type noNode struct{}

func (noNode) View() View                               { return whole{&crdt.Collections{}} }
func (noNode) Add(string, ...[]byte) (int, error)       { return 0, ErrNoNode }
func (noNode) Increment(string, uint64) error           { return ErrNoNode }
func (noNode) Decrement(string, uint64) error           { return ErrNoNode }
func (noNode) Commit() error                            { return nil }
func (noNode) Memory() int                              { return 0 }
func (noNode) Loading() bool                            { return true }
func (noNode) Await(int, func(int)) (cancel func() int) { return func() int { return 0 } }
func (noNode) Learned(func(*crdt.Collections))          {}
func (noNode) Status() Status                           { return Status{} }
