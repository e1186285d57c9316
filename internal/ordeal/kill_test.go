package ordeal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"gset/internal/seeded"
)

// trialOfKills is a cluster under load, and the faults that befall it.
type trialOfKills struct {
	*cluster
	random *rand.Rand
	loads  map[*member]*load
	past   []*load // of members that have left
	cut    bool
	kills  int
	pace   func(*load, *journal) // of the clients; nil for as fast as they can
	counts map[string]int        // of faults
}

// Whatever was acknowledged before members were killed, cut off, joined and left is there on every member at
// the end, once, and nothing that nobody sent.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	k := &trialOfKills{
		cluster: newCluster(t, "a", "b", "c"), random: rand.New(rand.NewPCG(seeded.Seed(t), 0)),
		loads: map[*member]*load{}, counts: map[string]int{},
	}
	t.Cleanup(k.end)
	guest := k.add("guest")
	for _, m := range k.members[:3] {
		k.begins(m)
	}
	began := time.Now()
	for cycle := range size(100, 5) {
		k.cycle(cycle, guest)
		if cycle%10 == 9 {
			t.Logf("%d cycles, %d kills in %v", cycle+1, k.kills, time.Since(began).Round(time.Second))
		}
	}
	k.settle(guest)
	t.Logf("%d kills in %v: %v", k.kills, time.Since(began).Round(time.Second), k.counts)
	k.check(guest)
}

// end ends all clients.
func (k *trialOfKills) end() {
	for _, l := range k.loads {
		l.stop()
	}
}

// begins starts a member, and clients of it if it has none.
func (k *trialOfKills) begins(m *member) {
	k.start(m)
	if l := k.loads[m]; l != nil {
		l.set(true)
		return
	}
	const clients = 3
	k.loads[m] = newLoad(m, clients, k.random, k.pace)
}

// dies kills a member while its clients talk to it.
func (k *trialOfKills) dies(m *member) {
	k.kill(m)
	k.loads[m].set(false)
	k.kills++
}

// cycle is one kill -9 at least, while the network may be cut, and the guest comes or goes.
func (k *trialOfKills) cycle(cycle int, guest *member) {
	switch cycle % 5 {
	case 0, 3:
		k.split()
	case 1:
		k.heals()
		if guest.cmd == nil {
			k.counts["joins"]++
			k.begins(guest)
		}
	case 4:
		k.heals()
		k.leaves(guest)
	}
	k.progress(20, k.up()...)
	victims := k.victims(cycle)
	for _, m := range victims {
		k.dies(m)
	}
	paused := k.pauses()
	k.progress(20, k.up(paused...)...)
	for _, m := range victims {
		if k.random.IntN(5) == 0 { // it is killed again while it starts
			k.begin(m)
			k.kill(m)
			k.kills++
			k.counts["killed while it starts"]++
		}
		k.begins(m)
	}
	k.progress(20, victims...)
	for _, m := range paused {
		if err := m.resume(); err != nil {
			k.t.Fatal(err)
		}
	}
	k.progress(20, paused...)
}

// pauses stops the process of one member that is up in every third cycle, until the killed members are back.
func (k *trialOfKills) pauses() (paused []*member) {
	up := k.up()
	if len(up) == 0 || k.random.IntN(3) > 0 {
		return nil
	}
	m := up[k.random.IntN(len(up))]
	if err := m.pause(); err != nil {
		k.t.Fatal(err)
	}
	k.counts["paused"]++
	return []*member{m}
}

// victims draws who is killed: one member, sometimes two, and all in every tenth cycle.
func (k *trialOfKills) victims(cycle int) []*member {
	up := k.up()
	k.random.Shuffle(len(up), func(i, j int) { up[i], up[j] = up[j], up[i] })
	switch {
	case cycle%10 == 2:
		k.counts["all killed at once"]++
		return up
	case k.random.IntN(4) == 0:
		k.counts["two killed at once"]++
		return up[:2]
	}
	return up[:1]
}

// split cuts the network into two or three parts.
func (k *trialOfKills) split() {
	groups := make([][]string, 2+k.random.IntN(2))
	for i, m := range k.members {
		g := k.random.IntN(len(groups))
		if i < 2 {
			g = i // no part holds all
		}
		groups[g] = append(groups[g], m.name)
	}
	k.cut = true
	k.counts[fmt.Sprintf("cut into %d", len(groups))]++
	k.network.split(k.t, groups...)
}

func (k *trialOfKills) heals() {
	if k.cut {
		k.cut = false
		k.network.heal(k.t)
	}
}

// leaves has a member end in an orderly way for good, with its disk, when one other holds what it has
// acknowledged: so says WAIT.
func (k *trialOfKills) leaves(m *member) {
	k.t.Helper()
	l := k.loads[m]
	l.stop()
	k.past = append(k.past, l)
	delete(k.loads, m)
	conn := k.connect(m)
	if held := k.number(conn, "WAIT", 1, patience.Milliseconds()*9/10); held < 1 {
		k.t.Fatalf("no other member holds what %s does", m.name)
	}
	k.stop(m)
	if err := os.RemoveAll(m.dir); err != nil {
		k.t.Fatal(err)
	}
	k.counts["leaves"]++
}

// progress waits until clients of each of the members have had some more commands acknowledged.
func (k *trialOfKills) progress(commands int64, members ...*member) {
	k.t.Helper()
	for _, m := range members {
		l := k.loads[m]
		late := time.AfterFunc(patience, func() { l.note(0) })
		deadline := time.Now().Add(patience)
		l.mu.Lock()
		for goal := l.acknowledged + commands; l.acknowledged < goal; l.changed.Wait() {
			if time.Now().After(deadline) {
				l.mu.Unlock()
				k.t.Fatalf("%s has acknowledged nothing for %v", m.name, patience)
			}
		}
		l.mu.Unlock()
		late.Stop()
	}
}

// settle ends all faults and all clients, and returns when the members agree.
func (k *trialOfKills) settle(guest *member) {
	k.heals()
	if guest.cmd == nil {
		k.counts["joins"]++
		k.begins(guest)
	}
	for _, l := range k.loads {
		l.stop()
	}
	began := time.Now()
	k.agree()
	k.t.Logf("all members agree %v after the last fault", time.Since(began).Round(time.Millisecond))
}

// check compares what each member holds with the journals.
func (k *trialOfKills) check(guest *member) {
	k.t.Helper()
	journals := map[string]*journal{}
	for _, l := range slices.Concat(k.past, []*load{k.loads[guest]}) {
		for _, j := range l.journals {
			journals[j.client] = j
		}
	}
	for _, l := range k.loads {
		for _, j := range l.journals {
			journals[j.client] = j
		}
	}
	acknowledged, uncertain := 0, 0
	for _, j := range journals {
		acknowledged += j.elements - len(j.uncertain)
		uncertain += len(j.uncertain)
		if j.broken != nil {
			k.t.Error(j.broken)
		}
	}
	k.t.Logf("%d elements acknowledged and %d uncertain, by %d clients", acknowledged, uncertain, len(journals))
	first := map[string]bool{}
	for i, m := range k.members {
		k.checkElements(m, journals, first, i == 0)
		k.checkCounters(m, journals)
	}
	if err := k.crashes(); err != nil {
		k.t.Error(err)
	}
}

// checkElements compares a member's sets with the journals, and with those of the first member.
func (k *trialOfKills) checkElements(m *member, journals map[string]*journal, first map[string]bool, isFirst bool) {
	k.t.Helper()
	conn := k.connect(m)
	seen := map[string]map[int]bool{}
	all := 0
	for i := range sets {
		elements, err := redis.Strings(conn.Do("SMEMBERS", fmt.Sprint("set", i)))
		if err != nil {
			k.t.Fatal(err)
		}
		all += len(elements)
		for _, e := range elements {
			if isFirst {
				first[e] = true
			} else if !first[e] {
				k.t.Errorf("%s holds %.50q, which %s does not", m.name, e, k.members[0].name)
			}
			client, n, err := parse(e)
			j := journals[client]
			if err != nil || j == nil || n < 0 || n >= j.elements || e != j.element(n) || setOf(n) != fmt.Sprint("set", i) {
				k.t.Errorf("%s holds %.50q, which nobody has sent", m.name, e)
				continue
			}
			if seen[client] == nil {
				seen[client] = map[int]bool{}
			}
			seen[client][n] = true
		}
	}
	if all != len(first) {
		k.t.Errorf("%s holds %d elements, and %s %d", m.name, all, k.members[0].name, len(first))
	}
	for _, j := range journals {
		lost := 0
		for n := range j.elements {
			if !j.uncertain[n] && !seen[j.client][n] {
				lost++
			}
		}
		if lost > 0 {
			k.t.Errorf("%s lacks %d elements that were acknowledged to client %s", m.name, lost, j.client)
		}
	}
}

// checkCounters compares a member's counters with the journals.
func (k *trialOfKills) checkCounters(m *member, journals map[string]*journal) {
	k.t.Helper()
	want := map[string]*counted{}
	for i := range counters {
		want[fmt.Sprint("counter", i)] = &counted{}
	}
	for _, j := range journals {
		want["own:"+j.client] = &j.own
		for i := range counters {
			want[fmt.Sprint("counter", i)].add(j.counts[i])
		}
	}
	conn := k.connect(m)
	for name, c := range want {
		value, err := redis.Int64(conn.Do("GET", name))
		if err != nil && !strings.Contains(err.Error(), "nil") {
			k.t.Fatal(err)
		}
		if least, most := c.bounds(); value < least || value > most {
			k.t.Errorf("%s: %s is %d, and not in [%d, %d]", m.name, name, value, least, most)
		}
	}
}
