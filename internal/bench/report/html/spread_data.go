package html

import (
	"strconv"
)

// spreadData is the way of elements from node to node.
type spreadData struct {
	Columns []string `json:"columns"` // nodes, then services
	Begun   int64    `json:"begun"`   // how many elements there were
	Until   int64    `json:"until"`   // when bodies were no longer searched; 0 if they were to the end
	Hows    []string `json:"hows"`
	Fates   []string `json:"fates"`

	Followed int             `json:"followed"` // of them are elements
	Elements []spreadElement `json:"-"`        // apart, see [pageData.encode]
}

// spreadElement is one element's way. The columns of cells are listed for the nodes and
// services where there is something to tell.
type spreadElement struct {
	Value string `json:"value"`
	Began int64  `json:"began"`

	At     []int   `json:"at"`     // of Columns
	How    []int   `json:"how"`    // of Hows
	From   []int   `json:"from"`   // of Columns, -1 for a client or nobody known
	Msg    []int64 `json:"msg"`    // that brought it
	Sent   []int64 `json:"sent"`   // after Began
	Came   []int64 `json:"came"`   // after Began
	Drops  []drop  `json:"drops"`  // messages that would have brought it sooner
	Absent []int   `json:"absent"` // columns of nodes that it never came to
}

// drop is the last of the messages that would have brought an element to a node.
type drop struct {
	At    int    `json:"at"` // of Columns
	From  int    `json:"from"`
	Msg   int64  `json:"msg"`
	Sent  int64  `json:"sent"` // after the element began
	Fate  int    `json:"fate"`
	Count uint32 `json:"count"`
}

var howNames = [...]string{"not yet", "client", "message", "read"}

func newSpreadData(c *Collector, elements []Element) *spreadData {
	s := c.follow
	d := &spreadData{
		Columns: cutAll(c.names, textShown, len(c.names)),
		Begun:   s.begun,
		Until:   micros(s.until),
		Hows:    howNames[:],
		Fates:   fateNames(), Elements: []spreadElement{},
	}
	room := cellsShown / max(s.columns, 1)
	for _, value := range s.choose(elements, max(room, 1)) {
		d.Elements = append(d.Elements, s.element(value, c.nodes))
	}
	d.Followed = len(d.Elements)
	return d
}

// choose returns at most room followed elements, in their order: those of most interest,
// see rank, and the others spread evenly.
func (s *spread) choose(elements []Element, room int) []int64 {
	all := s.values()
	if len(all) <= room {
		return all
	}
	chosen := make(map[int64]bool)
	for _, e := range rank(elements) {
		if len(chosen) >= room/2 {
			break
		}
		if s.elements[e.Value] != nil {
			chosen[e.Value] = true
		}
	}
	for i := 0; i < len(all) && len(chosen) < room; i += max(1, len(all)/(room-room/2)) {
		chosen[all[i]] = true
	}
	list := all[:0]
	for _, n := range all {
		if chosen[n] {
			list = append(list, n)
		}
	}
	return list
}

// element tells the way of one element.
func (s *spread) element(value int64, nodes int) spreadElement {
	r := s.elements[value]
	e := spreadElement{Value: strconv.FormatInt(value, 10), Began: micros(r.began),
		At: []int{}, How: []int{}, From: []int{}, Msg: []int64{}, Sent: []int64{}, Came: []int64{},
		Drops: []drop{}, Absent: []int{}}
	for column := range r.cells {
		c := &r.cells[column]
		switch {
		case c.how != notYet:
			e.At = append(e.At, column)
			e.How = append(e.How, int(c.how))
			e.From = append(e.From, int(c.src))
			e.Msg = append(e.Msg, c.msg)
			e.Sent = append(e.Sent, micros(c.sent-r.began))
			e.Came = append(e.Came, micros(c.at-r.began))
		case column < nodes:
			e.Absent = append(e.Absent, column)
		}
		if c.drops > 0 {
			e.Drops = append(e.Drops, drop{column, int(c.dropSrc), c.dropMsg, micros(c.dropSent - r.began), int(c.dropFate), c.drops})
		}
	}
	return e
}
