// Package store is where bodies go: to files with safe names that appear whole or not at all, or to one writer, one whole
// body after another.
//
// Where files go is a folder, if Options.Output is one, ends in a slash, or has neither a brace nor an extension in its last
// element. Then a file has the name of its request, or else that of the last segment of its URL's path, or else that of its
// host. Otherwise Output is a template such as out/{host}/{name}.json, in which a brace holds the name of a column of the
// rows, or one of
//
//	{seq}   the place in the list      {name}  what the file would be called in a folder
//	{page}  the page, from 1           {host}  the host, with its port unless that is the default
//	{path}  the path of the URL, with _ for /      {file}  its last segment
//
// Slashes of a template divide folders; those in a value never do. The part before the first brace, up to its last slash,
// is opened once, and nothing outside of it is touched. Whatever a value holds, the name is safe (see filename.Safe). Queries,
// user names and passwords of URLs get into no name.
//
// Names are given in the order of the list, regardless of case: the second a becomes a-2. An extension that is left open
// follows the content type and does not tell names apart: whoever has an open a has every a with a usual extension. So
// the same list gives the same names, whichever answer comes first.
//
// A body is written to .fetch-RUN-SEQ.part in the folder where it is to be, for its owner alone, and renamed when it is
// whole, without replacing what is there. A run that is killed leaves such files, and nothing that is not whole.
//
// A run with a journal has Options.Proof, so that files and journal agree after any kill: the body is linked to its name
// instead, its record goes into the journal, and then the temporary file is removed (File.Recorded). To go on with the
// run, Clean removes the temporary files that are left, and with them the files that have no record. Requests that are
// done are passed over by Settle, where the list is the same, or have their names held by Hold, where it has changed.
package store

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/filename"
)

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

// Sink keeps bodies in files. It is safe for concurrent use.
type Sink struct {
	*Names
	folders folders
	root    string      // as the user has written it
	prefix  string      // what stands before a name in root
	run     string      // in the names of temporaries
	mode    fs.FileMode // of files: 0666 less umask
	o       Options
	taken   atomic.Int64

	mu   sync.Mutex
	open map[*File]struct{}
}

// New makes the folder, with those above it, and finds out that files can be made in it. Its errors match ErrTemplate if
// Output cannot be used as it is written; others are those of the system.
func New(o Options) (*Sink, error) {
	names, err := NewNames(o)
	if err != nil {
		return nil, err
	}
	s := &Sink{Names: names, root: names.template.root, run: runID(o.Run), o: o, open: map[*File]struct{}{}}
	s.prefix = strings.TrimSuffix(filepath.Join(s.root, "x"), "x")
	if err := os.MkdirAll(s.root, 0o777); err != nil {
		return nil, explained(s.root, ": the folder cannot be made", err)
	}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		return nil, explained(s.root, ": the folder cannot be opened", err)
	}
	s.folders = folders{root: root, sync: o.Sync, held: map[string]*folder{}}
	if err := s.findMode(); err != nil {
		s.Close()
		return nil, explained(s.root, ": no file can be made in the folder", err)
	}
	return s, nil
}

// runID makes an id that can be in a name.
func runID(id string) string {
	if id == "" {
		return strings.ToLower(rand.Text()[:10])
	}
	return strings.ReplaceAll(filename.Safe(strings.ReplaceAll(id, ".", "_"), 40), "-", "_") // or run a-1 would be run a
}

// mostTemporaries is how many names for a temporary file are tried.
const mostTemporaries = 100

var errNoTemporary = errors.New("the names of temporary files are all taken")

// findMode finds the mode of files, and that files can be made.
func (s *Sink) findMode() error {
	d, err := s.folders.get("")
	if err != nil {
		return err
	}
	defer s.folders.put(d)
	_, err = s.temporary(0, 1, func(name string) (err error) {
		s.mode, err = d.Mode(name)
		return err
	})
	return err
}

// temporary finds a name for the temporary file of a page that create can make.
func (s *Sink) temporary(seq int64, page int, create func(name string) error) (name string, err error) {
	for n := range mostTemporaries {
		name = s.temporaryName(seq, page, n)
		if err = create(name); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
	return "", errNoTemporary
}

// temporaryName is the n-th name for the temporary file of a page. No safe name begins with a dot.
func (s *Sink) temporaryName(seq int64, page, n int) string {
	var space [96]byte
	b := append(append(append(space[:0], temporaryStart...), s.run...), '-')
	b = strconv.AppendInt(b, seq, 10)
	if page > 1 {
		b = strconv.AppendInt(append(b, pageMark...), int64(page), 10)
	}
	if n > 0 {
		b = strconv.AppendInt(append(b, '-'), int64(n), 10)
	}
	return string(append(b, temporaryEnd...))
}

// What the names of temporary files begin and end with.
const (
	temporaryStart = ".fetch-"
	temporaryEnd   = ".part"
)

// Taken is how many files got a suffix since something that is not of this run had their name.
func (s *Sink) Taken() int64 { return s.taken.Load() }

// Create begins the file of a page of a request, whose body has the given Content-Type; empty means that there is none.
// It is called inside the attempt; the File is to be ended by Commit or Discard. Its error is a *fetcher.Error: of
// KindWrite, which ends the run, or of KindConnect if no file can be opened at the moment, which another attempt may.
func (s *Sink) Create(res *fetcher.Result, contentType string) (*File, error) {
	f := &File{sink: s, seq: res.Seq, page: res.Page, contentType: contentType}
	s.Names.mu.Lock()
	f.pending = s.named(res)
	f.folder = f.pending.last.folder
	f.name = f.pending.file(contentType)
	s.Names.mu.Unlock()

	d, err := s.folders.get(f.folder)
	if err == nil {
		defer s.folders.put(d)
		f.temporary, err = s.temporary(res.Seq, res.Page, func(name string) error { return d.Create(name, &f.writer) })
	}
	if err != nil {
		return nil, f.notMade(res, err)
	}
	s.mu.Lock()
	s.open[f] = struct{}{}
	s.mu.Unlock()
	return f, nil
}

// forget takes a file that has ended from those that Close removes.
func (s *Sink) forget(f *File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, f)
}

// path is a name below the root as the user would name it.
func (s *Sink) path(folder, name string) string {
	if folder != "" {
		name = filepath.FromSlash(folder) + string(filepath.Separator) + name
	}
	return s.prefix + name
}

// Still finds out whether the folder is still where it was: what is written into one that was moved away is not where the
// records say.
func (s *Sink) Still() error {
	d, err := s.folders.get("")
	if err == nil {
		defer s.folders.put(d)
		err = d.Still(s.root)
	}
	if err != nil {
		return explained(s.root, ": the folder", err)
	}
	return nil
}

// hasLost reports whether a folder of it is not there any more.
func (s *Sink) hasLost(folder string) bool {
	d, err := s.folders.getExisting(folder)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer s.folders.put(d)
	return file.IsGone(d.Still(filepath.Join(s.root, filepath.FromSlash(folder))))
}

// Close removes the temporary files that are left, but for the proofs of files that are not recorded, which are for Clean.
// Nothing else may be called during or after it, but for Discard and Recorded.
func (s *Sink) Close() error {
	s.mu.Lock()
	left := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, f := range left {
		f.Discard()
	}
	return s.folders.close()
}
