package sink

import (
	"errors"

	"example.com/fetch/fetcher"
)

// ErrTemplate is matched by the errors of an Output that cannot be used as it is written. They say what to write.
var ErrTemplate = errors.New("unusable name of a folder or template of file names")

// Options say where files go and what they are called. Output is needed.
type Options struct {
	// Output is a folder or a template of file names, see the package. Slashes divide it, on Windows backslashes too.
	Output string
	// Columns are the columns of the rows, which a template may name; nil: only the built-in fields can be named.
	Columns []string
	// Secret says whether the cells of a column may be secrets, so that they must not get into names; nil: none are.
	Secret func(column string) bool
	// Pages says that requests may have several pages. Then no request gets a name that a page of one before it may need.
	Pages bool

	// Secrets are texts that must not get into the names of a request's files, wherever they come from; nil: there are none.
	Secrets func(*fetcher.Request) []string

	// Sync flushes each file and its folder to the disk before Commit returns: for power cuts.
	Sync bool
	// Overwrite replaces plain files and symbolic links that have a name which is needed. Without it nothing is replaced.
	Overwrite bool
	// Run is in the names of temporary files, so that runs in one folder are told apart; empty: a random one is made.
	Run string
}
