package replica

import (
	"slices"
	"time"

	"gset/internal/ring"
)

// Rules *view*, *stand-in* and *two witnesses*: what happens when the hub is silent.
//
// A gather that is not acknowledged in time is two strikes against the hub, also if it is the stand-in that does not deliver;
// one that is missing from a scatter which has all else is one, since most likely a message was lost. An echo of the hub ends the strikes: it
// says that the hub hears the leaf. That updates come back from the hub does not say so, since others may
// have told the hub of them. At maxStrikes the leaf sends its updates, as a plain gather, to the hub and to
// three peers: the one it heard last, and others. The hub is among them so that it can say that it hears the
// leaf after all; else members that all have given it strikes would tell only each other. The first
// peer to answer is its stand-in, which has taken the updates as its own. It gets the leaf's next gathers,
// one at a time. The leaf probes it after a detour, when the stand-in has had time to
// hear the updates from the hub: that repair acknowledges them, and brings what the leaf missed. The stand-in serves until the hub
// scatters to the leaf or answers it, which is to say that it may be worth a try; until a retry, or a new view.
//
// So a badly connected leaf moves nobody's view. The view moves on when two members have found the hub
// silent: one that has two strikes against it, and that receives the gather of another in the same view. In
// a cluster of two there is no second witness, and maxStrikes are enough.

const (
	silence    = 2 // strikes for a gather that a silent hub did not acknowledge
	maxStrikes = 4 // the leaf turns to other peers
)

// route appends to an empty list whom a gather goes to: the stand-in, or the hub, or the hub and three peers
// that may become the stand-in.
func (r *Replica[S]) route(to []ID) []ID {
	if r.leaf.standIn != "" {
		return append(to, r.leaf.standIn)
	}
	to = append(to, r.hub)
	if r.leaf.strikes < maxStrikes {
		return to
	}
	for id, turns := r.heard.from, 0; ; id, turns = r.nextPeer(), turns+1 {
		if id != "" && !slices.Contains(to, id) {
			to = append(to, id)
		}
		if len(to) == 4 || turns == r.others {
			break
		}
	}
	return to
}

// answered is called when a peer that is not the hub has answered a gather. If a gather is under way to
// three peers, the peer becomes the stand-in.
func (r *Replica[S]) answered(now time.Duration, from ID) {
	if len(r.sent) > 0 && r.leaf.strikes >= maxStrikes && r.leaf.standIn == "" {
		r.leaf.standIn = from
		r.poll(now)
	}
}

// poll has the stand-in, if there is one, probed after a detour.
func (r *Replica[S]) poll(now time.Duration) {
	if r.leaf.standIn != "" && r.suspicion.suspect != r.leaf.standIn {
		r.suspect(r.leaf.standIn, now+r.detour())
	}
}

// detour is how long it takes at most until the stand-in has heard our updates from the hub.
func (r *Replica[S]) detour() time.Duration { return r.cfg.Interval + 2*r.rtt.timeout() }

// missed counts strikes against the hub, makes all that is pending fresh again, and ends the service of
// a stand-in.
func (r *Replica[S]) missed(strikes int, now time.Duration) {
	r.recall()
	r.leaf.strikes += strikes
	r.leaf.standIn = ""
	if r.others == 1 && r.leaf.strikes >= maxStrikes {
		r.giveUp(now)
	}
}

// witness is called when a gather has come in and this replica is not the hub. In the same view that
// means that its sender has found the hub silent. If this replica has as well, it gives up the hub. A replica
// that has a stand-in is a witness too: otherwise the stand-ins of all members could form a ring around a
// dead hub.
func (r *Replica[S]) witness(now time.Duration, view uint64) {
	if view == r.view && r.leaf.strikes >= silence {
		r.giveUp(now)
	}
}

// giveUp moves on to the next view that appoints another hub, and not a member that leaves. At the greatest
// view it goes through the hubs of views 0, 1 and so on without telling anyone, so that no view is a trap.
func (r *Replica[S]) giveUp(now time.Duration) {
	former := r.hub
	only := r.members.Len() == 1 && r.members.Contains(former) // there is no other hub
	if only && !r.expected() {
		return
	}
	for again := true; again; again = r.appointed() == former && !only || r.expected() {
		if r.view < ^uint64(0) {
			r.view++
		} else {
			r.passed++
		}
	}
	r.follow(now)
}

// adopt moves on to a greater view, which a message came with.
func (r *Replica[S]) adopt(view uint64, now time.Duration) {
	if view > r.view {
		r.view, r.passed = view, 0
		r.follow(now)
		if r.expected() {
			r.giveUp(now)
		}
	}
}

// expected reports whether the view appoints this replica by the lists of members that do not know yet that it
// leaves. They would gather to it, and it to another, so nobody would scatter.
func (r *Replica[S]) expected() bool {
	if r.listed() {
		return false
	}
	_, least := r.members.ring.First(draw(r.key, r.view+r.passed), 0)
	return ring.Number(r.point, draw(r.key, r.view+r.passed)) < least
}

// follow turns to the hub that view and list appoint. Updates under way to the former hub go to the
// new one. If this replica was the hub, its round is over: those that it has not answered gather again.
func (r *Replica[S]) follow(now time.Duration) {
	r.hub = r.appointed()
	r.observe(Event{Kind: ViewChanged})
	r.recall()
	r.leaf = leaf{}
	r.endRound()
}

// Unreachable is a hint of the driver's that a member cannot be reached just now: a connection
// was refused or has ended, a failure detector suspects it. If a gather is under way to it, that is sent again, and
// counts as a strike if the member is the hub. It is safe to give wrong hints.
func (r *Replica[S]) Unreachable(now time.Duration, id ID) Output[S] {
	switch {
	case id == "" || len(r.sent) == 0: // no gather is under way to that member
	case id == r.leaf.standIn:
		r.missed(0, now)
	case id == r.hub && r.leaf.standIn == "":
		r.missed(1, now)
	}
	return r.act(now)
}
