package watch

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gset/crdt"
	"gset/internal/dashboard"
	"gset/internal/gsetd"
)

// Bounds of a search.
const (
	findStep  = 512     // names that the loop looks up at a time
	findNames = 100_000 // names that are looked at
	findMost  = 100     // collections that are found
)

// Find searches the names of all collections, some at a time, so that the server goes on meanwhile.
func (w *Watch) Find(ctx context.Context, q dashboard.Query) (dashboard.Found, error) {
	found := dashboard.Found{}
	cursor, err := uint64(0), error(nil)
	if q.Cursor != "" {
		if cursor, err = strconv.ParseUint(q.Cursor, 10, 64); err != nil {
			return found, fmt.Errorf("no cursor: %q", q.Cursor)
		}
	}
	wanted := strings.ToLower(q.Name)
	for {
		type part struct {
			some []dashboard.Collection
			n    int
			next uint64
		}
		p, err := within(ctx, w.server, func(g gsetd.Glance) (p part) {
			view := g.Node.View()
			names, next := view.ScanNames(cursor, findStep)
			for _, c := range names {
				if matches(c, wanted) {
					shown, _, _ := describe(view, c)
					p.some = append(p.some, shown)
				}
			}
			p.n, p.next = len(names), next
			return p
		})
		if err != nil {
			return found, err
		}
		found.Collections = append(found.Collections, p.some...)
		found.Looked += p.n
		if cursor = p.next; cursor == 0 {
			return found, nil
		}
		if found.Looked >= findNames || len(found.Collections) >= findMost {
			found.Cursor = strconv.FormatUint(cursor, 10)
			return found, nil
		}
	}
}

// matches reports whether a name has a part, as it is or as it is shown.
func matches(c crdt.Collection, wanted string) bool {
	return strings.Contains(strings.ToLower(c.Name), wanted) ||
		!utf8.ValidString(c.Name) && strings.Contains(strings.ToLower(dashboard.Show(c.Name)), wanted)
}
