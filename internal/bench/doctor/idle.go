package doctor

import (
	"context"
	"fmt"
	"time"

	"gset/internal/bench/client"
)

// patience is how long a node is waited for. A node that does nothing is given up soon: one that neither
// runs nor waits for its turn to run, as the operating system tells. So one that starts slowly is not given
// up for that; and time in which it waits for a processor counts for nothing, up to a bound.
type patience struct {
	limit time.Duration // in all, but for waiting for a processor
	blind time.Duration // in all, where the system does not tell what a node does
	idle  time.Duration // doing nothing after all input was read; 0: only limit counts
	deaf  time.Duration // doing nothing although there is input to read
}

// How long a node may do nothing before it is given up.
const (
	idleReply    = 500 * time.Millisecond  // though it was asked something, and has read that
	idleDeaf     = 1500 * time.Millisecond // before it has begun to read
	idleQuestion = 200 * time.Millisecond  // though it was asked something that it need not know
)

// How long it is waited for where the system does not tell what it does.
const (
	blindReply    = time.Second
	blindQuestion = 500 * time.Millisecond
)

func (o *Options) patience(p patience) patience {
	if o.Patient {
		return patience{limit: p.limit, blind: p.limit}
	}
	return p
}

func (o *Options) init() patience {
	return o.patience(patience{o.InitTimeout, o.InitTimeout, idleReply, idleDeaf})
}

func (o *Options) reply() patience {
	return o.patience(patience{o.ReplyTimeout, min(blindReply, o.ReplyTimeout), idleReply, idleReply})
}

// question is for a reply that the node need not give.
func (o *Options) question() patience {
	return o.patience(patience{o.ReplyTimeout, min(blindQuestion, o.ReplyTimeout), idleQuestion, idleQuestion})
}

// deed is for what a node does by itself, such as to exit when its input has ended.
func (o *Options) deed() patience {
	return o.patience(patience{o.ReplyTimeout, o.QuietTimeout, o.QuietTimeout, o.QuietTimeout})
}

// idleError is why a node is waited for no longer.
type idleError struct {
	after  time.Duration
	unread bool // there was input that it had not read
}

func (e idleError) Error() string {
	if e.unread {
		return fmt.Sprintf("it did nothing for %v and left its standard input unread", e.after)
	}
	return fmt.Sprintf("it had read the request and then did nothing for %v", e.after)
}

// glance is how often a node is looked at. A doctor that gets no processor itself looks less often,
// and then a node is given more time.
const glance = 20 * time.Millisecond

// maxStarved is how many times as long as the limit a node is waited for that gets no processor.
const maxStarved = 6

// await returns a context that ends when a node has been waited for long enough, with an idleError or a
// client.NoReplyError as its cause; or when the node exits, with errExited.
func (p *patient) await(ctx context.Context, most patience) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	limit := most.blind
	if p.tells {
		limit = most.limit * maxStarved
		go p.watch(ctx, most, cancel)
	}
	timer := time.AfterFunc(limit, func() { cancel(client.NoReplyError{After: limit}) })
	unregister := context.AfterFunc(p.exited, func() { cancel(errExited) })
	return ctx, func() {
		timer.Stop()
		unregister()
		cancel(nil)
	}
}

// watch calls give when a node has been waited for long enough. It returns when the context ends.
func (p *patient) watch(ctx context.Context, most patience, give func(error)) {
	ticks := time.NewTicker(glance)
	defer ticks.Stop()
	var idle, deaf, spent, queued time.Duration
	for last := time.Now(); ; {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		unread := p.unwritten()
		a, ok := p.program.Activity()
		if !ok {
			return // it is gone, or going
		}
		elapsed := time.Since(last)
		last = last.Add(elapsed)
		spent += elapsed - min(elapsed, max(0, a.Queued-queued))
		queued = a.Queued
		switch {
		case !a.Idle:
		case unread || a.Unread > 0:
			deaf += glance
		default:
			idle += glance
		}
		switch {
		case most.idle > 0 && idle >= most.idle:
			give(idleError{most.idle, false})
		case most.deaf > 0 && deaf >= most.deaf:
			give(idleError{most.deaf, true})
		case spent >= most.limit:
			give(client.NoReplyError{After: most.limit})
		}
	}
}
