// Package store saves bodies to files with safe names, which appear complete or not at all.
//
// Options.Output is a folder if it exists as one, ends in a slash, or has neither a brace nor an extension in its last
// element. Then a file has the name of its request, or else that of the last segment of its URL's path, or else that of its
// host. Otherwise Output is a template such as out/{host}/{name}.json, in which braces contain the name of a column of the
// rows, or one of
//
//	{seq}   the place in the list      {name}  what the file would be called in a folder
//	{page}  the page, from 1           {host}  the host, with its port unless that is the default
//	{path}  the path of the URL, with _ for /      {file}  its last segment
//
// Slashes of a template separate folders; those in a value never do. The part before the first brace, up to its last slash,
// is opened once, and nothing outside it is touched. Whatever a value contains, the name is safe (see filename.Safe). Queries,
// user names and passwords of URLs never become part of a name.
//
// Names are assigned in the order of the list, ignoring case: the second a becomes a-2. If the extension is left open, it
// follows the content type: an extensionless name reserves that stem with every known extension. So the same list gives the
// same names, whichever response comes first.
//
// A body is written to .fetch-RUN-SEQ.part in its folder, readable by its owner only, and renamed when it is complete,
// without replacing an existing file. A run that is killed leaves such files, but no incomplete ones under final names.
//
// A run with a journal has Options.Proof, so that files and journal agree after any kill: the body is linked to its name
// instead, its record is written to the journal, and then the temporary file is removed (File.Recorded). To resume the run,
// Clean removes the remaining temporary files, and with them the files without a record. For completed requests, Settle
// reserves the names if the list is unchanged, and Hold if it has changed.
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

// ErrTemplate is matched by the errors of an invalid Output. They say what to write.
var ErrTemplate = errors.New("unusable name of a folder or template of file names")

// Options say where files are saved and what they are called. Output is required.
type Options struct {
	// Output is a folder or a template of file names, see the package comment. Slashes separate folders, on Windows
	// also backslashes.
	Output string
	// Columns are the columns of the rows, which a template may use; nil: only the built-in fields may be used.
	Columns []string
	// Secret reports whether the cells of a column are secrets, so that a template must not use it; nil: none are.
	Secret func(column string) bool
	// Pages says that requests may have several pages. Then no request gets a name that a page of an earlier one may
	// need.
	Pages bool

	// Sync flushes each file and its folder to the disk before Commit returns, as a protection against power
	// failures.
	Sync bool
	// Overwrite replaces plain files and symbolic links whose name is needed. Without it nothing is replaced.
	Overwrite bool
	// Run is part of the names of temporary files, to distinguish runs in one folder; empty: a random one is
	// generated.
	Run string

	// Proof keeps the temporary file of a finished file until File.Recorded, so that after a kill Clean knows for
	// certain which files have no record in the journal: both are links to one file. On file systems without hard
	// links (FAT, some of FUSE, Windows) there is no proof, and such a file counts as foreign.
	Proof bool
	// Mine reports whether a name, as returned by Commit, is that of a file of an earlier record of the request with
	// this seq, which is sent again: a plain file of that name is replaced. It is called concurrently; nil: nothing
	// is replaced.
	Mine func(seq int64, name string) bool
}

// Sink saves bodies to files. It is safe for concurrent use.
type Sink struct {
	*Names
	folders folders
	root    string      // as given by the user
	prefix  string      // prefix of a name in root
	run     string      // part of the names of temporary files
	mode    fs.FileMode // of files: 0666 less umask
	o       Options
	taken   atomic.Int64

	mu   sync.Mutex
	open map[*File]struct{}
}

// New creates the folder, including its parents, and checks that files can be created in it. Its errors match
// ErrTemplate if Output is invalid; others are system errors.
func New(o Options) (*Sink, error) {
	names, err := NewNames(o)
	if err != nil {
		return nil, err
	}
	s := &Sink{Names: names, root: names.template.root, run: runID(o.Run), o: o, open: map[*File]struct{}{}}
	s.prefix = strings.TrimSuffix(filepath.Join(s.root, "x"), "x")
	if err := os.MkdirAll(s.root, 0o777); err != nil {
		return nil, explained(s.root, ": the folder cannot be created", err)
	}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		return nil, explained(s.root, ": the folder cannot be opened", err)
	}
	s.folders = folders{root: root, sync: o.Sync, held: map[string]*folder{}}
	if err := s.findMode(); err != nil {
		s.Close()
		return nil, explained(s.root, ": no file can be created in the folder", err)
	}
	return s, nil
}

// runID makes an id safe for file names.
func runID(id string) string {
	if id == "" {
		return strings.ToLower(rand.Text()[:10])
	}
	return strings.ReplaceAll(filename.Safe(strings.ReplaceAll(id, ".", "_"), 40), "-", "_") // otherwise run a-1 could be taken for run a
}

// mostTemporaries is how many names for a temporary file are tried.
const mostTemporaries = 100

var errNoTemporary = errors.New("the names of temporary files are all taken")

// findMode determines the mode of files, and checks that files can be created.
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

// temporary finds a name for the temporary file of a page with which create succeeds.
func (s *Sink) temporary(seq int64, page int, create func(name string) error) (name string, err error) {
	for n := range mostTemporaries {
		name = s.temporaryName(seq, page, n)
		if err = create(name); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
	return "", errNoTemporary
}

// temporaryName returns the n-th name for the temporary file of a page. No safe name begins with a dot.
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

// Prefix and suffix of the names of temporary files.
const (
	temporaryStart = ".fetch-"
	temporaryEnd   = ".part"
)

// Taken returns how many files got a suffix because their name belonged to something that is not of this run.
func (s *Sink) Taken() int64 { return s.taken.Load() }

// Create begins the file of a page of a request, whose body has the given Content-Type; empty means that there is
// none. It is called within the attempt; the File must be ended by Commit or Discard. Its error is a
// *fetcher.Error: of KindWrite, which ends the run, or of KindConnect if no file can be opened at the moment, which
// is retried.
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

// forget removes a file that has ended from those that Close removes.
func (s *Sink) forget(f *File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, f)
}

// path returns a name below the root relative to the working directory.
func (s *Sink) path(folder, name string) string {
	if folder != "" {
		name = filepath.FromSlash(folder) + string(filepath.Separator) + name
	}
	return s.prefix + name
}

// Still checks that the folder still has its name: files written to a folder that was moved are not where the
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

// hasLost reports whether a folder has disappeared.
func (s *Sink) hasLost(folder string) bool {
	d, err := s.folders.getExisting(folder)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer s.folders.put(d)
	return file.IsGone(d.Still(filepath.Join(s.root, filepath.FromSlash(folder))))
}

// Close removes the remaining temporary files, except the proofs of files that are not recorded, which are for
// Clean. Nothing may be called during or after it, except Discard and Recorded.
func (s *Sink) Close() error {
	s.mu.Lock()
	left := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, f := range left {
		f.Discard()
	}
	return s.folders.close()
}
