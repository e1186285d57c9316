package html

import (
	"cmp"
	"fmt"
	"slices"

	"gset/internal/bench/report/messages"
)

// newMessagesData lists the messages that the collector kept.
func newMessagesData(nodes []string, c *Collector) *messagesData {
	groups := []*sample{&c.delivered, &c.clients, &c.dropped}
	var kept []messages.Message
	for _, s := range groups {
		kept = append(kept, s.kept...)
	}
	slices.SortFunc(kept, func(a, b messages.Message) int {
		return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.ID, b.ID))
	})
	names, types, reasons := newTable(namesShown), newTable(2*maxTypes), newTable(reasonsShown)
	for _, name := range nodes {
		names.add(cut(name, textShown))
	}
	reasons.add("")
	d := &messagesData{
		Delivered: thinned{len(c.delivered.kept), c.delivered.seen},
		Clients:   thinned{len(c.clients.kept), c.clients.seen},
		Dropped:   thinned{len(c.dropped.kept), c.dropped.seen},
		Fates:     fateNames(),
	}
	d.reserve(len(kept))
	share := bodyShare(kept)
	var before int64
	for i := range kept {
		m := &kept[i]
		d.ID = append(d.ID, m.ID)
		d.Src = append(d.Src, names.add(cut(m.Src, textShown)))
		d.Dest = append(d.Dest, names.add(cut(m.Dest, textShown)))
		d.Type = append(d.Type, types.add(typeName(m.Type)))
		d.Sent = append(d.Sent, micros(m.Sent)-before)
		before = micros(m.Sent)
		d.Took = append(d.Took, micros(m.Settled-m.Sent))
		d.Fate = append(d.Fate, min(int(m.Fate), messages.Fates-1))
		d.Reason = append(d.Reason, reasons.add(cut(m.Why, textShown)))
		d.Size = append(d.Size, m.Size)
		d.Body = append(d.Body, bodyText(m, share))
	}
	d.Names, d.Types, d.Reasons = names.texts, types.texts, reasons.texts
	return d
}

// reserve makes the columns, empty but not nil.
func (d *messagesData) reserve(n int) {
	d.ID, d.Sent, d.Took = make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
	d.Body = make([]string, 0, n)
	for _, column := range []*[]int{&d.Src, &d.Dest, &d.Type, &d.Fate, &d.Reason, &d.Size} {
		*column = make([]int, 0, n)
	}
}

// bodyShare returns how many bytes of each body may be shown, so that all together stay
// within bodiesShown: long bodies are cut before short ones.
func bodyShare(kept []messages.Message) int {
	share := bodyKept
	for share > 16 {
		total := 0
		for i := range kept {
			total += min(len(kept[i].Body), share)
		}
		if total <= bodiesShown {
			break
		}
		share = share * 3 / 4
	}
	return share
}

// bodyText is how a message's body is shown, with a word if it was cut.
func bodyText(m *messages.Message, share int) string {
	if len(m.Body) <= share && m.Size <= len(m.Body) {
		return cut(string(m.Body), len(m.Body))
	}
	head := cut(string(m.Body[:min(len(m.Body), share)]), share)
	return head + fmt.Sprintf(cutBodyTemplate, count(m.Size))
}
