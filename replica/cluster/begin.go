package cluster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica"
	"gset/replica/cluster/internal/link"
	"gset/replica/cluster/internal/wire"
)

var (
	// ErrNameTaken is wrapped by Open's error if a member that is up has the node's name.
	ErrNameTaken = errors.New("cluster: the name is taken")

	// ErrOtherCluster is wrapped by Open's error if the members that it was to join are of
	// another cluster.
	ErrOtherCluster = errors.New("cluster: of another cluster")
)

// keyFile is the file in Config.Dir that has the hash key. Only its owner may read it.
const keyFile = "cluster.json"

// saved is what keyFile holds.
type saved struct {
	Cluster string `json:"cluster"`
	Key     string `json:"key"` // 32 digits in hex

	// Unsynced says that a process was to write every second, and has not closed the store. What
	// it lost others may have heard.
	Unsynced bool `json:"unsynced,omitempty"`

	// Store is what the store's files have for the cluster's name, if it is not the id of the key.
	Store string `json:"store,omitempty"`

	// Members is where the others were last, by name: a node that is started again finds them without
	// Config.Join.
	Members map[string]string `json:"members,omitempty"`
}

// loadKey finds the hash key: in the configuration, or in the folder.
func loadKey(c *Config) error {
	if c.Dir == "" {
		return nil
	}
	s, key, err := readSaved(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return keyInStore(c)
	}
	if err != nil {
		return err
	}
	if s.Cluster != c.Cluster {
		return fmt.Errorf("%w: the folder %s is of %q, and not of %q, by its %s; if that name was never its cluster's, the file is damaged",
			ErrOtherCluster, c.Dir, s.Cluster, c.Cluster, keyFile)
	}
	if err := checkSaved(c.storeFiles(), c.Dir, s, key); err != nil {
		return err
	}
	c.unsynced, c.met, c.storeName = s.Unsynced, s.Members, s.Store
	return c.setKey(key)
}

// checkSaved holds the file of a folder's key against the store in the folder: the store's files name the cluster by
// the key. Another key is damage, as the file has no checksum.
func checkSaved(files store.FS, dir string, s saved, key crdt.Key) error {
	owner, err := store.OwnerOf(files, dir)
	if err != nil {
		return nil // no store, or one whose damage is told when it is opened
	}
	if owner.Cluster != cmp.Or(s.Store, ID(key)) {
		return fmt.Errorf("cluster: %s is damaged: it is not of the cluster %s, whose store is beside it; "+
			"put the file back from a copy of the folder, or move it away and join a member, which tells the key", filepath.Join(dir, keyFile), owner.Cluster)
	}
	return nil
}

// FolderCluster returns the name of the cluster, and its hash key, that the folder of a node has in its file for them.
// The error wraps fs.ErrNotExist if there is none. It fails as well if the file is not of the store that is beside it.
func FolderCluster(dir string) (name string, key crdt.Key, err error) {
	s, key, err := readSaved(dir)
	if err == nil {
		err = checkSaved(store.OS, dir, s, key)
	}
	return s.Cluster, key, err
}

// drawKey draws a hash key for a node that begins a cluster. A folder with a store has lost its own.
func (c *Config) drawKey() error {
	if c.Dir != "" {
		owner, err := store.OwnerOf(c.storeFiles(), c.Dir)
		if err == nil && owner.Cluster != c.storeName {
			return fmt.Errorf("cluster: the folder %s has the store of the cluster %s, and has lost %s with its hash key; "+
				"put the file back from a copy of the folder, or join a member, which tells the key", c.Dir, owner.Cluster, keyFile)
		}
	}
	c.Key = newKey()
	return nil
}

// checkStore refuses a key that the store in the folder is not under, before the folder's file has it.
func (c *Config) checkStore() error {
	if c.Dir == "" {
		return nil
	}
	owner, err := store.OwnerOf(c.storeFiles(), c.Dir)
	if err == nil && owner.Cluster != c.store().Cluster {
		return fmt.Errorf("%w: the folder %s has the store of the cluster %s, which is under another hash key; name another folder, or move this one away",
			ErrOtherCluster, c.Dir, owner.Cluster)
	}
	return nil // if nobody can tell whose store it is, opening it says why
}

// setKey sets the key that the folder has.
func (c *Config) setKey(key crdt.Key) error {
	if c.Key != (crdt.Key{}) && c.Key != key {
		return fmt.Errorf("%w: the folder %s has another hash key than the configuration", ErrOtherCluster, c.Dir)
	}
	c.Key = key
	return nil
}

// readSaved reads the file of a folder's key. If there is none the error wraps fs.ErrNotExist.
func readSaved(dir string) (s saved, key crdt.Key, err error) {
	path := filepath.Join(dir, keyFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return s, key, fmt.Errorf("cluster: the hash key: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, key, fmt.Errorf("cluster: %s is damaged: %w", path, err)
	}
	if s.Cluster == "" {
		return s, key, fmt.Errorf("cluster: %s is damaged: it names no cluster", path)
	}
	var b [16]byte
	if n, err := hex.Decode(b[:], []byte(s.Key[:min(len(s.Key), 32)])); err != nil || n != len(b) || len(s.Key) != 32 {
		return s, key, fmt.Errorf("cluster: %s is damaged: the key is not 32 digits in hex", path)
	}
	for i := range b {
		key[i/8] = key[i/8]<<8 | uint64(b[i])
	}
	return s, key, nil
}

// saveKey writes the hash key into the folder, durably.
func saveKey(c *Config, unsynced bool) error {
	if c.Dir == "" {
		return nil
	}
	s := saved{c.Cluster, fmt.Sprintf("%016x%016x", c.Key[0], c.Key[1]), unsynced, c.storeName, c.met}
	path := filepath.Join(c.Dir, keyFile)
	data, err := json.Marshal(s)
	data = append(data, '\n')
	if old, e := os.ReadFile(path); err == nil && e == nil && bytes.Equal(old, data) {
		return nil // another process may have the store open, and write the file
	}
	if err == nil {
		err = os.MkdirAll(c.Dir, 0o700)
	}
	if err == nil {
		err = replaceFile(path, data)
	}
	if err != nil {
		return fmt.Errorf("cluster: the hash key cannot be saved: %w", err)
	}
	return nil
}

// replaceFile writes a file, in place of one that may be there, durably.
func replaceFile(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// askSeeds finds the members to join, and the hash key if it is not known. While it is not, it
// tries for JoinTimeout.
func (n *Node) askSeeds(outer context.Context) (targets []string, err error) {
	if len(n.config.Join) == 0 {
		if n.config.Key == (crdt.Key{}) {
			if err := n.config.drawKey(); err != nil {
				return nil, err
			}
			n.endpoint.SetKey(n.config.Key)
		}
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(outer, n.config.JoinTimeout)
	defer cancel()
	var before error
	for pause := firstPause; ; pause = min(2*pause, 2*time.Second) {
		if targets, err = n.askEach(ctx); ctx.Err() != nil && before != nil && !final(err) {
			err = errors.Join(before, err) // the last try was cut short
		}
		if outer.Err() != nil {
			return nil, fmt.Errorf("cluster: no longer waited for a member to join: %w", outer.Err())
		}
		before = err
		if len(targets) > 0 || final(err) || n.config.Key != (crdt.Key{}) {
			if err != nil && !final(err) {
				n.config.Log.Warn("cluster: members to join cannot be reached", "error", err)
				err = nil
			}
			return targets, err
		}
		if pause == firstPause {
			n.config.Log.Info("cluster: no member to join has answered yet; the node waits for one, as it has no hash key", "at most", n.config.JoinTimeout)
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			if outer.Err() != nil {
				continue
			}
			return nil, fmt.Errorf("cluster: no member to join has told the hash key: %w", err)
		}
	}
}

// firstPause is the pause between the first two times that members to join are asked, about.
const firstPause = 50 * time.Millisecond

// firstAsk is how long a member to join is waited for when the node has the key and could begin.
const firstAsk = 2 * time.Second

// askEach asks all members to join at once. If some agree, refusals of others do not count, but for one: the
// name is taken.
func (n *Node) askEach(ctx context.Context) (targets []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, firstAsk)
	defer cancel()
	answers := make([]link.Joined, len(n.config.Join))
	errs := make([]error, len(n.config.Join))
	var all sync.WaitGroup
	for i, address := range n.config.Join {
		all.Go(func() { answers[i], errs[i] = n.endpoint.Join(ctx, address) })
	}
	all.Wait()
	for i, a := range answers {
		switch err := errs[i]; {
		case isRefusal(err, wire.NameTaken):
			return nil, fmt.Errorf("%w: %w", ErrNameTaken, err)
		case errors.Is(err, link.ErrSelf):
			errs[i] = nil
		case err != nil:
			n.noteFailure(n.config.Join[i], err)
		case n.config.Key == crdt.Key{}:
			n.config.Key = a.Key
			n.endpoint.SetKey(a.Key)
			fallthrough
		default:
			targets = append(targets, a.Name+"/"+a.Address)
		}
	}
	if len(targets) > 0 {
		return targets, nil
	}
	for _, err := range errs {
		if isRefusal(err, wire.WrongCluster) {
			return nil, fmt.Errorf("%w: %w", ErrOtherCluster, err)
		}
	}
	return nil, errors.Join(errs...)
}

func isRefusal(err error, refusal wire.Refusal) bool {
	r := (*link.RefusedError)(nil)
	return errors.As(err, &r) && r.Refusal == refusal
}

// final reports whether an error will not pass.
func final(err error) bool { return errors.Is(err, ErrNameTaken) || errors.Is(err, ErrOtherCluster) }

// newCore opens the store, and makes the engine of what is in it.
func newCore(config Config, life uint64) (*Core, error) {
	start := time.Now()
	c := &Core{
		config:  config,
		origin:  crdt.Origin{Node: config.Name, Incarnation: rand.Uint64()},
		clock:   func() time.Duration { return time.Since(start) },
		members: members{known: map[string]*member{}},
		proof:   newProof(),
		repairs: repairs{began: map[string]time.Duration{}},
		traffic: new(traffic),
		beacon:  beacon{members: map[string]*beaconOf{}},
		bottom:  crdt.NewCollections(config.Key),
		flush:   flusher{early: make(chan struct{}, 1)},
	}
	state := crdt.NewCollections(config.Key)
	if config.Dir != "" {
		if err := c.openStore(state); err != nil {
			return nil, err
		}
	}
	c.ledger.begin(c.origin)
	engine, err := config.engine(life)
	engine.Observer = c.observe
	if err == nil {
		c.replica, err = replica.New(engine, state, 0)
	}
	if err != nil {
		if c.store != nil {
			err = errors.Join(err, c.store.Close())
		}
		return nil, err
	}
	c.updateProof()
	c.looksForHidden(state)
	if config.Beacon > 0 {
		c.beacon.next = rand.N(config.Beacon) // members that start together do not raise theirs together
	}
	return c, nil
}

// openStore opens the store, and joins what it holds into a state.
func (c *Core) openStore(state *crdt.Collections) error {
	config := c.config.store()
	config.Slow = func(took time.Duration) {
		c.config.Log.Warn("a commit was slow", "took", took.Round(time.Millisecond))
	}
	s, recovered, err := store.Open(config, joiner(state))
	if err != nil {
		return err
	}
	if c.config.unsynced && recovered.Renewed == "" {
		recovered.Renewed = "the process before wrote every second, and was not closed"
		if _, err := s.Renew(); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	if recovered.Renewed != "" && !recovered.New {
		c.config.Log.Info("cluster: the node has a new incarnation", "reason", recovered.Renewed)
	}
	if recovered.Emptied {
		c.config.Log.Warn("the folder has what a store leaves behind, and no log or snapshot: they were removed, or the first start "+
			"was cut off; the node begins with nothing", "folder", c.config.Dir)
	}
	if c.lost = len(recovered.Lost) > 0; c.lost {
		c.config.Log.Error("the store was damaged: what could be read of it is there", "lost", len(recovered.Lost), "first", recovered.Lost[0])
	}
	c.store = s
	c.origin.Incarnation = s.Incarnation()
	return nil
}
