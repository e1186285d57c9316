package service

import (
	"fmt"
	"math/rand/v2"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// kvValue is what a key holds: raw JSON, and what tells equal values.
type kvValue struct {
	raw       string
	canonical string
}

func newKVValue(raw []byte) kvValue { return kvValue{string(raw), rawjson.Canonical(raw)} }

// kvStore maps keys in canonical form to values.
type kvStore map[string]kvValue

const noSuchKey = "key does not exist"

// outcome decides what a request does to a key: the reply, and the value to
// write if it writes at all. mayCreate allows cas to make a key.
func outcome(r *serviceRequest, current kvValue, exists, mayCreate bool) (reply []byte, write *kvValue) {
	put := func(raw []byte, typ string) ([]byte, *kvValue) {
		v := newKVValue(raw)
		return replyType(typ), &v
	}
	switch r.typ {
	case "read":
		if !exists {
			return errorReply(20, noSuchKey), nil
		}
		return append(append(replyType("read_ok"), `,"value":`...), current.raw...), nil
	case "write":
		return put(r.value, "write_ok")
	case "cas":
		switch {
		case !exists && mayCreate && r.create:
			return put(r.to, "cas_ok")
		case !exists:
			return errorReply(20, noSuchKey), nil
		case rawjson.Canonical(r.from) != current.canonical:
			return errorReply(22, fmt.Sprintf("current value %s is not %s",
				edn.Append(nil, edn.JSON([]byte(current.raw))), edn.Append(nil, edn.JSON(r.from)))), nil
		}
		return put(r.to, "cas_ok")
	}
	return nil, nil
}

// linearKV is the state of lin-kv.
type linearKV struct{ store kvStore }

func (kv *linearKV) handle(_ string, r *serviceRequest) []byte {
	current, exists := kv.store[r.key]
	reply, write := outcome(r, current, exists, true)
	if write != nil {
		kv.store[r.key] = *write
	}
	return reply
}

// sequentialHistory is how many states seq-kv may answer from.
const sequentialHistory = 32

// sequentialKV is the state of seq-kv. A request that would change nothing may
// be answered from any state since the last one its client saw, as long as it
// is among the newest few; others go to the newest. So all clients see the
// same order of changes, each at its own pace.
//
// Old states are kept as what each change undid.
type sequentialKV struct {
	rng     *rand.Rand
	store   kvStore // the newest state
	last    int     // its number
	seen    map[string]int
	changes []kvChange // the newest sequentialHistory-1 at most, oldest first
}

// kvChange is what a state had for a key before the next state changed it.
type kvChange struct {
	key     string
	old     kvValue
	existed bool
}

func newSequentialKV(rng *rand.Rand) *sequentialKV {
	return &sequentialKV{rng: rng, store: kvStore{}, seen: make(map[string]int)}
}

// at returns what the state that is back states old had for key.
func (kv *sequentialKV) at(key string, back int) (kvValue, bool) {
	for _, c := range kv.changes[len(kv.changes)-back:] {
		if c.key == key {
			return c.old, c.existed
		}
	}
	v, ok := kv.store[key]
	return v, ok
}

func (kv *sequentialKV) handle(client string, r *serviceRequest) []byte {
	seen := kv.seen[client]
	number := seen + kv.rng.IntN(kv.last-seen+1)
	// A client that was away for longer than states are kept lands anywhere
	// among them.
	back := (kv.last - number) % (len(kv.changes) + 1)
	old, existed := kv.at(r.key, back)
	reply, write := outcome(r, old, existed, true)
	if write == nil || existed && old.canonical == write.canonical {
		kv.seen[client] = number
		return reply
	}
	current, exists := kv.store[r.key]
	reply, write = outcome(r, current, exists, true)
	kv.changes = append(kv.changes, kvChange{r.key, current, exists})
	if len(kv.changes) >= sequentialHistory {
		kv.changes = kv.changes[1:]
	}
	if write != nil {
		kv.store[r.key] = *write
	}
	kv.last++
	kv.seen[client] = kv.last
	return reply
}

// eventualKV is the state of lww-kv: replicas, each with a Lamport clock, of
// which a random one answers each request after two random ones have merged.
type eventualKV struct {
	rng      *rand.Rand
	replicas [2]lwwReplica
}

type lwwReplica struct {
	clock int
	store map[string]lwwValue
}

type lwwValue struct {
	kvValue
	at int
}

func newEventualKV(rng *rand.Rand) *eventualKV {
	kv := &eventualKV{rng: rng}
	for i := range kv.replicas {
		kv.replicas[i].store = make(map[string]lwwValue)
	}
	return kv
}

func (kv *eventualKV) handle(_ string, r *serviceRequest) []byte {
	n := len(kv.replicas)
	from, to := &kv.replicas[kv.rng.IntN(n)], &kv.replicas[kv.rng.IntN(n)]
	to.merge(from)
	replica := &kv.replicas[kv.rng.IntN(n)]
	current, exists := replica.store[r.key]
	reply, write := outcome(r, current.kvValue, exists, false)
	if write != nil {
		replica.store[r.key] = lwwValue{*write, replica.clock}
		replica.clock++
	}
	return reply
}

// merge takes over what is newer in other, or as old.
func (l *lwwReplica) merge(other *lwwReplica) {
	l.clock = max(l.clock, other.clock)
	for key, theirs := range other.store {
		if ours, ok := l.store[key]; !ok || ours.at <= theirs.at {
			l.store[key] = theirs
		}
	}
}
