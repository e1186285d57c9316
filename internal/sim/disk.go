package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"time"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// disk is what a node keeps its state on, in a schedule with disks: a store (package store) on a
// file system that crashes (package modelfs). The rest is what the store owes.
type disk[S state[S], K comparable] struct {
	fs    *modelfs.FS
	store *store.Store // nil while the node is stopped
	mishaps

	owed    debt[S, K]
	ahead   durable.Ahead[S]
	backups []backup[S, K]

	lives   map[uint64]uint64 // by the store's incarnation: how many the node had had before
	setBack bool              // the folder was lost or replaced since the store was open last
	begun   bool              // the store has been opened in vain since then, and may have begun a new incarnation
	waiting bool              // the store did not open, and will be tried again
}

// debt is what a store owes.
type debt[S state[S], K comparable] struct {
	synced S           // the join of all deltas whose commit succeeded
	acked  S           // the join of all updates that clients were told of
	open   []issued[K] // updates whose commits failed, and may be on disk
}

// issued is a part that a client's update has.
type issued[K comparable] struct {
	part  K
	count uint64
}

func (d debt[S, K]) clone() debt[S, K] {
	return debt[S, K]{d.synced.Clone(), d.acked.Clone(), append([]issued[K](nil), d.open...)}
}

// backup is a copy of a node's folder, and what a store that is opened on it owes.
type backup[S state[S], K comparable] struct {
	folder string
	at     time.Duration
	owed   debt[S, K]
}

// folder is where a node's store is.
const folder = "store"

// retryAfter is how soon a node is started again whose store did not open.
const retryAfter = 500 * time.Millisecond

// newDisks gives every node an empty disk and opens its store. The nodes start with empty states.
func (r *run[S, K]) newDisks() error {
	for node := range r.s.Nodes {
		d := &disk[S, K]{
			fs: modelfs.New(r.s.Seed ^ uint64(node+1)<<40), lives: map[uint64]uint64{},
			owed:    debt[S, K]{synced: r.bottom.New(), acked: r.bottom.New()},
			mishaps: mishaps{rand: rand.New(rand.NewPCG(r.s.Seed, 200+uint64(node))), dieIn: -1},
		}
		d.fs.Fault = d.mishaps.fault
		r.disks = append(r.disks, d)
		if _, _, err := r.openStore(node); err != nil {
			return err
		}
	}
	r.watchDurability()
	return nil
}

// openStore opens a node's store, and returns the state that is in it.
func (r *run[S, K]) openStore(node int) (S, *store.Recovered, error) {
	d, state := r.disks[node], r.bottom.New()
	s, found, err := store.Open(store.Config{
		About: store.About{Cluster: "sim", State: string(r.s.Lattice), Member: fmt.Sprintf("n%d", node)},
		Dir:   folder, Segment: store.MinSegment, FS: d.fs,
	}, func(delta []byte) error {
		part, err := r.bottom.Decode(delta)
		if err == nil {
			crdt.Merge(state, part)
		}
		return err
	})
	if err != nil {
		return state, nil, err
	}
	s.Settle()
	if d.dead {
		return state, nil, errDead
	}
	d.store, d.ahead = s, durable.Ahead[S]{}
	r.reborn(node, s.Incarnation(), found)
	return state, found, nil
}

// reborn has a node make its updates under the incarnation of its store. Lives are counted, so that a
// run is the same however stores draw incarnations.
func (r *run[S, K]) reborn(node int, incarnation uint64, found *store.Recovered) {
	d := r.disks[node]
	life, known := d.lives[incarnation]
	if !known {
		life = uint64(len(d.lives))
		d.lives[incarnation] = life
	}
	switch same := life == r.lives[node] || found.New; {
	case d.setBack && known:
		r.violate(Renewed, "n%d goes on with the incarnation of its life %d after its disk was set back", node, life)
	case !d.setBack && !d.begun && found.Torn == 0 && !same:
		r.violate(Resumed, "n%d takes a new incarnation: %s", node, found.Renewed)
	}
	d.setBack, d.begun = false, false
	r.lives[node] = life
}

// startFromDisk opens a stopped node's store and starts the node with what is in it. If the disk is
// full, or fails, the node is started again later.
func (r *run[S, K]) startFromDisk(node int) error {
	d := r.disks[node]
	d.waiting = false
	state, found, err := r.openStore(node)
	d.begun = d.begun || err != nil
	switch {
	case d.dead:
		r.die(node)
		return nil
	case err != nil && d.troubled():
		r.tell("%-12v n%d does not start: %v", r.net.Now(), node, err)
		r.result.Disks.Waits++
		d.fs.Kill()
		d.waiting = true
		r.net.At(r.net.Now()+retryAfter, func() { r.retry(node) })
		return nil
	case err != nil:
		r.violate(Kept, "the store of n%d does not open: %v", node, err)
		return nil
	}
	r.recovered(node, state, found)
	return r.net.Start(node, state)
}

// retry starts a node whose store did not open.
func (r *run[S, K]) retry(node int) {
	if r.disks[node].waiting {
		r.restart(node, func() error { return r.startFromDisk(node) })
	}
}

// recovered notes what a store has given back to its node.
func (r *run[S, K]) recovered(node int, state S, found *store.Recovered) {
	d := r.disks[node]
	r.tell("%-12v n%d has %d parts and %d commits on its disk, %d bytes torn off; %s",
		r.net.Now(), node, found.Parts, found.Commits, found.Torn, renewal(found))
	if found.Torn > 0 {
		r.result.Disks.Torn++
	}
	if found.Renewed != "" {
		r.result.Disks.Renewed++
	}
	r.requireKept(node, state)
	r.adopt(node, state)
	d.owed = debt[S, K]{synced: state.Clone(), acked: state.Clone()}
	r.disk[node] = state.Clone()
	r.model.lose(node)
	for part, count := range r.work.parts(state) {
		r.model.keep(node, part, count)
	}
}

func renewal(found *store.Recovered) string {
	if found.Renewed == "" {
		return "it goes on with its incarnation"
	}
	return "it takes a new incarnation: " + found.Renewed
}

// halt ends what a stopped node does with its disk, and does to the disk what an event says. The store has been
// closed already if the node had the time for that.
func (r *run[S, K]) halt(e Event) {
	d := r.disks[e.Node]
	d.end(e)
	switch {
	case e.Lose:
		r.result.Disks.SetBack++
		r.wipe(e.Node)
		d.owed = debt[S, K]{synced: r.bottom.New(), acked: r.bottom.New()}
	case e.What == Rollback:
		r.result.Disks.SetBack++
		b := d.backup(r.net.Now() - time.Duration(e.Value))
		r.wipe(e.Node)
		d.fs.Copy(b.folder, folder)
		d.owed = b.owed.clone()
	}
}

// end takes the store away as an event has it: nothing that was written is lost, unless the power was.
func (d *disk[S, K]) end(e Event) {
	if e.What == Power || d.dead && d.dies.What == Power {
		d.fs.Crash()
	} else {
		d.fs.Kill()
	}
	d.store, d.dead, d.dieIn = nil, false, -1
}

// closeStore has a node that stops in good order close its store.
func (r *run[S, K]) closeStore(node int) {
	if r.disks == nil {
		return
	}
	d := r.disks[node]
	d.store.Settle()
	if err := d.store.Close(); err != nil && !d.troubled() {
		r.violate(Serves, "n%d cannot close its store: %v", node, err)
	}
	d.store = nil
}

// wipe empties a node's folder. Its next life must not go on with an incarnation that it had.
func (r *run[S, K]) wipe(node int) {
	d := r.disks[node]
	d.setBack = true
	r.model.setBack(node)
	fault := d.fs.Fault
	d.fs.Fault = nil // this is done to the node, not by it
	defer func() { d.fs.Fault = fault }()
	names, err := d.fs.Names(folder)
	for _, name := range names {
		err = errors.Join(err, d.fs.Remove(path.Join(folder, name)))
	}
	if err = errors.Join(err, d.fs.SyncDir(folder)); err != nil {
		r.violate(NoPanic, "n%d's folder cannot be emptied: %v", node, err)
	}
}

// takeBackup copies a node's folder, as somebody does who copies files.
func (r *run[S, K]) takeBackup(node int) {
	d := r.disks[node]
	b := backup[S, K]{fmt.Sprintf("backup%d", len(d.backups)), r.net.Now(), d.owed.clone()}
	before := d.fs.Size()
	d.fs.Copy(folder, b.folder)
	if d.fs.Capacity > 0 {
		d.fs.Capacity += d.fs.Size() - before // it is kept elsewhere
	}
	d.backups = append(d.backups, b)
}

// backup returns the last backup that was taken by a time, or the first.
func (d *disk[S, K]) backup(by time.Duration) backup[S, K] {
	last := d.backups[0]
	for _, b := range d.backups {
		if b.at <= by {
			last = b
		}
	}
	return last
}

// scheduleBackups has folders copied at the times to which the schedule will set them back.
func (r *run[S, K]) scheduleBackups() {
	for _, e := range r.s.Events {
		if e.What != Rollback {
			continue
		}
		for node := range r.disks {
			if e.Hub || node == e.Node {
				r.net.At(max(0, e.At-time.Duration(e.Value)), func() { r.takeBackup(node) })
			}
		}
	}
}
