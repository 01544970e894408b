package store

import "errors"

// ErrTemplate is matched by the errors of an Output that cannot be used as it is written. They say what to write.
var ErrTemplate = errors.New("unusable name of a folder or template of file names")

// Options say where files go and what they are called. Output is needed.
type Options struct {
	// Output is a folder or a template of file names, see the package. Slashes divide it, on Windows backslashes too.
	Output string
	// Columns are the columns of the rows, which a template may name; nil: only the built-in fields can be named.
	Columns []string
	// Secret reports whether the cells of a column are secrets, so that a template must not name it; nil: none are.
	Secret func(column string) bool
	// Pages says that requests may have several pages. Then no request gets a name that a page of one before it may need.
	Pages bool

	// Sync flushes each file and its folder to the disk before Commit returns: for power cuts.
	Sync bool
	// Overwrite replaces plain files and symbolic links that have a name which is needed. Without it nothing is replaced.
	Overwrite bool
	// Run is in the names of temporary files, so that runs in one folder are told apart; empty: a random one is made.
	Run string

	// Proof leaves the temporary file of one that is there under its name until File.Recorded, so that after a kill Clean
	// knows for certain which files the journal has no record of: the two are one file. Where a file system has no hard
	// links (FAT, some of FUSE, Windows) there is no proof, and such a file is taken for somebody else's.
	Proof bool
	// Mine reports whether a name, as Commit gives it, is that of a file of an earlier record of the request with this seq,
	// which is sent again: a plain file of that name is replaced. It is called concurrently; nil: nothing is.
	Mine func(seq int64, name string) bool
}
