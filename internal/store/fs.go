package store

import "io"

// FS is the file system that a store lives on: what a store asks of one, and no more. Names are
// full paths. OS is the real one; package modelfs has one that crashes.
//
// What is written is certain to outlive a crash once File.Sync has returned without an error, and
// what happens to names once SyncDir has. Before that it may or may not: in any order, and of a
// file any sectors of 512 bytes. A rename is there or not there, never half.
type FS interface {
	MkdirAll(dir string) error
	Names(dir string) ([]string, error)  // of what is in a folder, without the folder's name
	Open(name string) (File, error)      // to read
	Create(name string) (File, error)    // to read and write; what the file held before is gone
	Rename(from, to string) error        // in place of a file that is there
	Remove(name string) error            //
	SyncDir(dir string) error            //
	Lock(name string) (io.Closer, error) // makes the file; fails with ErrLocked while another holds it
	Locked(name string) (bool, error)    // whether somebody holds it now; changes nothing

	// IsAt reports whether a name stands for an open file of this FS, and not for another one or for none.
	IsAt(file File, name string) (bool, error)

	Join(dir, name string) string // the path of a file in a folder
	Parent(name string) string    // the folder that a file is in
}

// File is an open file. ReadAt and WriteAt follow [io.ReaderAt] and [io.WriterAt].
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error // after an error nobody may rely on what was written since the last success
	Stat() (Stat, error)
}

// Stat is what a store asks of a file besides its bytes.
type Stat struct {
	Size int64

	// Inode and Born tell a file from any copy of it: a number that no other file has at the same
	// time, and when the file was made. Changed is when the file system last changed the file or
	// its name. Times are in nanoseconds, and no program can set them. A system that lacks one
	// of them has zero.
	Inode   uint64
	Born    int64
	Changed int64
}
