package crdttest_test

import (
	"iter"
	"slices"

	"gset/crdt"
)

var cellBugs = []bug{
	{
		law: "cells are sorted",
		is:  "Cells come in the order of the players' names",
		cells: func(s *Scores, first crdt.CellID) iter.Seq[crdt.Cell] {
			var cells []crdt.Cell
			for _, player := range s.players() {
				if id := s.cell(player); id >= first {
					cells = append(cells, crdt.Cell{ID: id, Hash: s.weight(player).Hash})
				}
			}
			return slices.Values(cells)
		},
	},
	{
		law: "cells from a first one",
		is:  "Cells leaves the first id out",
		cells: func(s *Scores, first crdt.CellID) iter.Seq[crdt.Cell] {
			if first > 0 {
				first++
			}
			return s.Cells(first)
		},
	},
	{
		law: "cells add up",
		is:  "Cells leaves the last one out",
		cells: func(s *Scores, first crdt.CellID) iter.Seq[crdt.Cell] {
			cells := slices.Collect(s.Cells(first))
			return slices.Values(cells[:max(len(cells)-1, 0)])
		},
	},
	{
		law: "cells identify",
		is:  "a cell's hash ignores the score",
		cells: func(s *Scores, first crdt.CellID) iter.Seq[crdt.Cell] {
			return onesOf(s).Cells(first)
		},
	},
	{
		law: "extract",
		is:  "Extract stops at the first id that the state does not have",
		extract: func(s *Scores, ids []crdt.CellID) *Scores {
			part := s.New()
			for _, id := range ids {
				one := s.Extract([]crdt.CellID{id})
				if one.Len() == 0 {
					break
				}
				part.Join(one)
			}
			return part
		},
	},
	{
		law: "mending by cells",
		is:  "Extract returns the players without their scores",
		extract: func(s *Scores, ids []crdt.CellID) *Scores {
			return onesOf(s.Extract(ids))
		},
	},
	{
		law: "split",
		is:  "Extract returns the cell after each of those asked for as well",
		extract: func(s *Scores, ids []crdt.CellID) *Scores {
			var more []crdt.CellID
			asked := false
			for c := range s.Cells(0) {
				if asked {
					more = append(more, c.ID)
				}
				asked = slices.Contains(ids, c.ID)
			}
			return s.Extract(append(more, ids...))
		},
	},
}
