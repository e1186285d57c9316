// Package store keeps the state of one replica on disk, so that what a client was told is kept is
// kept. A state only grows and joining a delta twice is joining it once, so a store is a log of
// deltas, and now and then a snapshot of the state in place of the log's beginning. Deltas are
// bytes here: the caller encodes and decodes them, by crdt's codecs.
//
// # How to use it
//
//	state := crdt.NewKeySet(key)
//	s, recovered, err := store.Open(store.Config{
//		About: store.About{Cluster: "c1", State: "keyset", Member: "a"},
//		Dir:   "/var/lib/gset",
//	}, func(delta []byte) error {
//		d, err := state.Decode(delta)
//		if err == nil {
//			state.Merge(d)
//		}
//		return err
//	})
//	...
//	origin := crdt.Origin{Node: "a", Incarnation: s.Incarnation()} // of a counter's updates
//
//	// One loop: commit, and only then acknowledge, and send what carries the delta.
//	err = s.Commit(delta)
//
//	// Many writers share a sync: whoever waits first commits for all.
//	pending, err := s.Append(delta)
//	...
//	err = pending.Wait()
//
//	// In a goroutine of its own, when Due says so:
//	err = s.Compact(parts)
//
//	// Of a store that another process has open: a backup, and what it holds.
//	_, err = store.Read(config, apply)
//	err = store.WriteBackup(config, "/backup/gset", parts)
//	_, err = store.ReadBackup(config, "/backup/gset", apply)
//
// A Store may be used from any goroutine. It starts one of its own, which makes the next log file
// ahead; Close waits for it.
//
// # What it promises
//
//   - A delta whose Commit or Wait returned nil is given to apply by every later Open, whatever
//     crashed in between: the process, the system, or the power.
//   - A commit that failed without ErrUncertain is on no disk and never will be. One that failed
//     with ErrUncertain may be found by the next Open, unless a later commit succeeded: then it
//     is void for good. A caller that counts must not build on a failed commit, and need not wait
//     for its fate.
//   - When the disk is full, commits fail with an error that wraps syscall.ENOSPC. When there is
//     room again they succeed again, with nobody's help. (Open needs room for one log file.)
//   - After a write or a sync that failed the file is given up. Nothing is ever synced a second
//     time: after a failed fsync a system may take for written what is not. The commit goes to a
//     new file, which says how much of the old one counts; if that fails, too, the commit has
//     failed.
//   - Open returns the state that the disk has, or an error that says what is wrong where. It
//     never returns a state with something left out that it can tell was acknowledged, and no
//     wrong one.
//
// The disk is trusted in two things: a sync that succeeded is true, and a sector of 512 bytes is
// written whole or not at all.
//
// # The folder
//
// Only the owner of the process may read the folder, if the store makes it, and the files.
//
//	lock                 locked while a process has the store open, as the folder is itself; empty
//	lease                the incarnation, see below
//	0000000007.snapshot  the state, with all that the logs below number 7 hold
//	0000000007.log       commits, and
//	0000000008.log       more of them: the last is the one that is written
//	next.tmp             the next log, filled with zeros ahead
//	*.tmp                files that are not finished; the next Open removes them
//	*.damaged            files that Salvage could not read in full; nobody reads them
//
// A file gets its name when it is whole and synced, and the folder is synced after that. So a
// file that has a name and cannot be read is damaged.
//
// # A file in bytes
//
// Integers are little-endian; checksums are CRC-32C. A file is a header of 512 bytes, one sector,
// and frames behind it.
//
//	  0  8  "gsetdata"
//	  8  4  version of the format: 1
//	 12  1  1 a log, 2 a snapshot, 3 a backup, 4 a lease
//	 16  8  number of the log; of a snapshot, that of the first log that is not in it
//	 24  8  size of the log file in bytes
//	 32  8  number of the log that this one goes on from; 0 if it is the first
//	 40  8  offset in that log up to which its commits count: what is behind it is void
//	 48  8  incarnation
//	 56  8  inode of this file
//	 64  8  time when this file was made, in nanoseconds
//	 72  8  of a log, inode of the lease
//	 80  8  of a log, time of the lease's last change, in nanoseconds
//	 88 16  salt, drawn for this file
//	104 16  id of the store, drawn when it was made
//	120     cluster, type of state, member: each a byte for the length, and the name
//	508  4  checksum of the 508 bytes before
//
// A frame is a header of 16 bytes, the payload, and zeros up to a multiple of 16 bytes.
//
//	0  4  checksum of salt, offset of this frame in the file (8 bytes), and the 12 bytes that follow
//	4  4  checksum of the payload
//	8  4  how many frames are before this one in the file
//	12 3  length of the payload
//	15 1  1 deltas, 2 the file's end
//
// The payload of a frame of deltas is each delta behind its length as a uvarint, and the byte ff.
// That of an end is the number of the log that goes on, 8 bytes, 0 if there is none, and the byte
// ff. The header's checksum ties a frame to its place: bytes of another file, of an earlier life
// of the same disk block, or of another place are no frame here. A log file is written with zeros
// to its full size, and synced, before it gets its first commit. Used files are removed and not
// written again, since old bytes would look like written ones.
//
// # A commit
//
// One commit is one frame, one write, and one sync. Frame k+1 is written only after the sync of
// frame k has succeeded. So a frame is all of its deltas or none of them, and a frame in the file
// is proof that the ones before it were synced. When a file is full the next one gets the number,
// the salt, and the place where the old one ends, and is made durable; then the old one gets its
// end.
//
// Before a commit is written the store looks whether the log's name still stands for the open file. If the
// folder was removed or moved, or its files were, commits, snapshots and Close fail with ErrRemoved, and nothing is begun
// in what may be there instead; once the folder is back commits succeed again. What is removed between that look and the
// acknowledgement is lost without a word, and so is a snapshot that is removed while the log stays.
//
// A snapshot has parts of the state as frames of deltas, in a file of its own, and an end. When
// it has its name the logs below its number are removed. A backup is the same in one file
// anywhere.
//
// # What opening does
//
// Open takes the last snapshot, the last log, and the logs that this one goes on from, back to
// the snapshot's number. Other files are leftovers. All frames of these files must be there, and
// the end of the snapshot; so must the last log's beginning. About the place in the last log
// where no frame is:
//
//   - A later frame of this file is behind it: damage, for the frame that is missing was synced.
//   - The header of a frame is there, and is wrong: damage. A sector is written whole or not at
//     all, and no header is in two.
//   - The header is right, the payload is wrong, and no sector of the frame is left as zeros:
//     damage. The write was complete.
//   - The header is right, the payload is wrong, and some sector of it is zeros: a crash has cut
//     off the commit. It had not been acknowledged. Open drops it, and counts its bytes.
//   - The header is zeros, and something is behind it: the same.
//   - All is zeros: the log ends here.
//
// So a bit that flips in a commit is told everywhere but in one place: in the last commit before
// a crash, if that has more than 512 bytes, in a part that is not its header, and if a delta in
// it has a sector full of zeros by itself. Then it is taken for cut off. After Close nothing is
// taken for cut off, as the log has an end. A file that is shorter than it was made is damaged,
// wherever it was cut.
//
// Open never writes to a log of an earlier life. It copies the commits of the last log to a new
// one, which goes on from where that did, and removes it. So nothing is appended behind a torn
// commit, and nothing relies on bytes that only the system's memory may have, after a sync of an
// earlier process had failed.
//
// Damage makes Open fail and changes nothing. Config.Salvage then opens the store with every
// frame that is right, wherever it is: they are deltas of a true state, though maybe not all.
//
// # Incarnations
//
// A counter's entry belongs to a member's incarnation, and is its full sum. So a member that is
// set back in time must not go on with its entry: an add would repeat a sum that others have
// heard already, and be lost. It must not take a new one at every start either, as entries would
// pile up. Open goes on with the incarnation if the folder is the one that this member has
// written last, and else takes a new one, durably, before it returns. Recovered.Renewed has the
// reason:
//
//   - The folder was empty, or is without its lease.
//   - The folder is a copy, or was restored by copying files: every log has the inode and the
//     time of change of the lease, which is a file that is not touched while an incarnation
//     lasts. No tool can set these. A copy that writes to the very files that were there before
//     has another time of change.
//   - A snapshot or a log of this incarnation is a copy: each has its own inode, and the time when
//     it was made, in its header.
//   - A commit was cut off, or the store was salvaged: some acknowledged update may be missing.
//   - The system has no inodes (Windows).
//
// A new incarnation more than needed costs one entry, and no more: after a chown of the folder,
// say. Two things cannot be told from files: a disk set back or copied as a whole, by a block device's or a
// virtual machine's snapshot, or by a file system that sends inodes and times along (zfs
// receive); and an older log or snapshot of the same incarnation whose bytes were put into the
// file that was there. Then the member may hear of a greater sum of its own than it has made. It must call
// Renew, and add again under the new incarnation what it had added in vain under the old: internal/node's identity.go has the
// rule. What nobody finds is a member that was set back so, and adds more than it had lost before it hears from
// anyone.
//
// A backup holds no lease and is no store, so no member can go on from one.
//
// Old incarnations' entries are not folded into one: another member may hold a part of them that
// nobody here has heard yet, and a sum that was moved would be counted twice. An entry takes some 11 bytes, and
// restarts with the data make none, unless a crash has cut off a commit.
//
// # Figures
//
// On a virtual disk whose sync takes some 0.5 ms, two cores, other work beside it; go test -run '^$'
// -bench . ./internal/store repeats them.
//
//	a commit of 1,000 keys of 16 bytes    730,000 adds/s
//	a commit of one add                   500 to 930 adds/s
//	64 writers of one add each            23,600 adds/s, 47 times as many; p50 1.3 ms, p99 16 ms
//	opening 1,000,000 keys of 16 bytes    0.34 to 0.57 s; peak memory 1.2 to 1.4 times the state's
//	opening 10,000,000                    5.0 s; 1.24 to 1.32 times
//	on disk after a compaction            17.0 MB for 17.0 MB encoded, and 4 to 8 MB of logs
//
// # Why not another store
//
// Measured on one disk, 1,000 keys of 16 bytes a commit: github.com/hashicorp/raft-wal v0.4.0
// makes 0.41 to 0.57 million adds a second durable where a plain log, zero-filled ahead, makes
// 0.58 to 0.75 million; commits of one add, 0.7 to 1.2 thousand a second beside 2.4 to 3.6
// thousand. Its reader checks the checksum of the last batch of the last segment, and of no
// other, so a flipped bit becomes part of the state.
package store
