package mistakes

import "gset/internal/plant"

// diskMistakes are mistakes of stores, and of what a node does with its own.
var diskMistakes = []mistake{{
	name: "acknowledge before the sync",
	is:   "A commit succeeds when it is written, though nothing has been synced.",
	edits: []plant.Edit{{
		File: "internal/store/log.go",
		Right: `		if frame, err = l.current.write(frame, frameDeltas); err == nil {
			err = l.current.file.Sync()
		}
`,
		Wrong: `		frame, err = l.current.write(frame, frameDeltas)
`,
	}},
}, {
	name: "sync once more",
	is:   "After a sync that failed the same file is synced once more, and taken for written.",
	edits: []plant.Edit{{
		File: "internal/store/log.go",
		Right: `			err = l.current.file.Sync()
		}
`,
		Wrong: `			if err = l.current.file.Sync(); err != nil {
				err = l.current.file.Sync()
			}
		}
`,
	}},
}, {
	name: "forget the folder's sync",
	is:   "A file is synced, and the folder that has its name is not.",
	edits: []plant.Edit{{
		File:  "internal/store/segment.go",
		Right: `	return fs.SyncDir(fs.Parent(s.name))`,
		Wrong: `	return nil`,
	}},
}, {
	name: "name a file before its sync",
	is:   "A file gets its name before its header is on disk.",
	edits: []plant.Edit{{
		File: "internal/store/segment.go",
		Right: `	if err := s.file.Sync(); err != nil {
		return err
	}
	if err := fs.Rename`,
		Wrong: `	if err := fs.Rename`,
	}},
}, {
	name: "count a failed commit",
	is:   "What goes on from a file that was given up counts the commit that failed in it.",
	edits: []plant.Edit{{
		File: "internal/store/log.go",
		Right: `		l.broken++
`,
		Wrong: `		l.broken++
		last = link{l.current.header.number, l.current.at}
`,
	}},
}, {
	name: "full for good",
	is:   "The next log file, for which there was no room, is not tried again.",
	edits: []plant.Edit{{
		File: "internal/store/log.go",
		Right: `			return s.segment, nil
		}
`,
		Wrong: `			return s.segment, nil
		}
		l.spare = s
		return nil, s.err
`,
	}},
}, {
	name: "compact too much",
	is:   "A snapshot stands for a log that is still written.",
	edits: []plant.Edit{{
		File:  "internal/store/compact.go",
		Right: `	covered := s.last.number //`,
		Wrong: `	covered := s.last.number + 1 //`,
	}},
}, {
	name: "start without the last log",
	is:   "Open gives back what the snapshot and the logs before the last one have, and is older than what was acknowledged.",
	edits: []plant.Edit{{
		File:  "internal/store/folder.go",
		Right: `			err = f.playLast(r, apply)`,
		Wrong: `			err = f.playLast(r, func([]byte) error { return nil })`,
	}},
}, {
	name: "carry nothing over",
	is:   "The log that is begun at a start lacks the commits of the one that it replaces.",
	edits: []plant.Edit{{
		File:  "internal/store/open.go",
		Right: `			frame, err = to.write(append(room(frame), payload[:len(payload)-1]...), frameDeltas)`,
		Wrong: `			frame = append(frame[:0], payload...)`,
	}},
}, {
	name: "the same incarnation after a restore",
	is:   "Who is started on a copy of its folder goes on with the incarnation in it.",
	edits: []plant.Edit{{
		File:  "internal/store/identify.go",
		Right: `	case stat.Inode != last.lease.Inode || stat.Changed != last.lease.Changed:`,
		Wrong: `	case len(f.logs) > 0:
		return ""
	case stat.Inode != last.lease.Inode || stat.Changed != last.lease.Changed:`,
	}},
}, {
	name: "a new incarnation at every start",
	is:   "A member takes a new incarnation whenever it is started, so that entries of counters pile up.",
	edits: []plant.Edit{{
		File: "internal/store/identify.go",
		Right: `		}
	}
	return ""
}
`,
		Wrong: `		}
	}
	return "to be sure"
}
`,
	}},
}, {
	name: "the same incarnation in an empty folder",
	is:   "A member that has lost its folder takes the incarnation that every member begins with.",
	edits: []plant.Edit{{
		File:  "internal/store/open.go",
		Right: `		own.incarnation = drawIncarnation()`,
		Wrong: `		own.incarnation = 1`,
	}},
}, {
	name: "send before the sync",
	is:   "Messages that carry a delta leave before the commit of the delta.",
	edits: []plant.Edit{{
		File: "internal/sim/durable.go",
		Right: `	if err := r.commit(node, none); err != nil {
`,
		Wrong: `	r.net.At(now, func() {
		if d.store != nil {
			_ = r.commit(node, none)
		}
	})
	if err := error(nil); err != nil {
`,
	}},
}, {
	name: "acknowledge what was refused",
	is:   "A client is told that its update was made, though its commit has failed.",
	edits: []plant.Edit{{
		File: "internal/sim/durable.go",
		Right: `	}
	return false
}
`,
		Wrong: `	}
	return !d.dead
}
`,
	}},
}, {
	name: "forget what the disk did not take",
	is:   "What other nodes sent while the disk took nothing is not tried again.",
	edits: []plant.Edit{{
		File: "internal/durable/ahead.go",
		Right: `	if err == nil && !a.waits {
`,
		Wrong: `	if !a.waits {
`,
	}},
}}
