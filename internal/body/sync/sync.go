// Package sync keeps the files of a folder up to date with their sources: it requests only what has changed since the last
// time, never overwrites what someone else has changed, and reports what is new, changed, unchanged and gone. Its state for
// each request is in a state file in the folder.
//
//	m, err := sync.Open(sync.Options{Dir: "data", Names: names})
//	engine.Accept, engine.Handle, engine.HandleFailure = m.Accept, m.Handle, m.Handle
//	for result, err := range engine.Run(ctx, m.Requests(list)) {
//		change := m.Done(result)
//		…
//	}
//	summary, err := m.Finish()
package sync

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// Namer assigns names to the files of requests that have none yet. Names are relative to the folder, with slashes,
// safe, and unique in a run. A *store.Names is one.
type Namer interface {
	// Reserve determines the name. It is called in the order of the list, by one goroutine, before the request is
	// sent.
	Reserve(*fetcher.Request)
	// Name returns the name with its extension, which may follow the content type. It is called after content has
	// arrived, possibly more than once for a request, and concurrently. It need not look at the folder.
	Name(res *fetcher.Result, contentType string) string
	// Coding returns the content coding that a name implies, as far as it is known; empty: none.
	Coding(*fetcher.Request) string
	// Release forgets a request that has its result.
	Release(seq int64)
}

// Options configure a Mirror. Dir and Names are required.
type Options struct {
	Dir       string // the folder; created if missing
	Names     Namer
	Overwrite bool // overwrite files that someone else has changed or created
	Sync      bool // flush files, folders and the state before a result is delivered, as a protection against power failures

	// Identity is what ids depend on; it is stored in the state.
	Identity Identity

	// Accept reports for which statuses a response's body is content; nil means 200 to 299. 304, 404 and 410 never
	// are.
	Accept func(status int) bool

	// Check, if not nil, is called for each response with content, and returns a writer that gets the content, too,
	// and a function that is called after all of it has arrived and before it replaces the old content. An error of
	// that function makes the attempt a failure and leaves the file unchanged.
	Check func(*fetcher.Result, *http.Response) (io.Writer, func() error, func())
}

// ErrLocked is wrapped by Open's error if another process works in the folder.
var ErrLocked = errors.New("another fetch sync is running in this folder; wait for it, or choose another folder")

// Names of our own in the folder.
const (
	lockFile     = ownPrefix + "sync.lock"
	newStateFile = ownPrefix + "sync-state.part"
	partPrefix   = ownPrefix + "sync-"
	partSuffix   = ".part"
)

// Mirror is one run in one folder, which is locked until Close. Requests is ranged over by one goroutine; Accept
// and Handle may be called concurrently; Done, Finish, Unlisted and Close are called by one other goroutine.
//
// It takes about 240 bytes of memory for each request in the state or the list, plus its URL, file name and
// entity-tag.
type Mirror struct {
	o      Options
	root   *os.Root
	folder *file.Folder // the same
	locks  *os.File
	mode   fs.FileMode  // of a new file: 0666 less umask
	parts  atomic.Int64 // number of temporary files so far

	mu      sync.Mutex
	state   *os.File // appended to; nil after Finish
	stale   bool     // the state file must be rewritten by Finish
	entries []entry
	keys    []key // of the entries
	index   map[key]int32
	repeats map[record.PlainID]uint32 // number of requests with an id, if more than one
	held    map[uint64]struct{}       // hashes of the names in use
	pending map[int64]*pending        // by seq
	summary Summary
}

// Open opens the folder, locks it and reads its state. The error says what to do about it; one about the state names its
// file and line.
func Open(o Options) (_ *Mirror, err error) {
	if o.Accept == nil {
		o.Accept = func(status int) bool { return status >= 200 && status <= 299 }
	}
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return nil, err
	}
	m := &Mirror{
		o: o, index: map[key]int32{}, repeats: map[record.PlainID]uint32{},
		held: map[uint64]struct{}{}, pending: map[int64]*pending{},
	}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	if m.root, err = os.OpenRoot(o.Dir); err != nil {
		return nil, err
	}
	if m.folder, err = file.Open(m.root, ""); err != nil {
		return nil, err
	}
	if err := m.lock(); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Dir, err)
	}
	if err := m.removeParts(); err != nil {
		return nil, err
	}
	if m.mode, err = m.folder.Mode(m.partName()); err != nil {
		return nil, fmt.Errorf("%s cannot be written to: %w", o.Dir, err)
	}
	if err := m.load(); err != nil {
		return nil, fmt.Errorf("%s: %w", m.path(StateFile), err)
	}
	return m, nil
}

// path returns a name in the folder relative to the working directory.
func (m *Mirror) path(name string) string { return filepath.Join(m.o.Dir, filepath.FromSlash(name)) }

func (m *Mirror) lock() (err error) {
	m.locks, err = m.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the folder cannot be locked: %w", err)
	}
	got, err := file.Lock(m.locks)
	switch {
	case err != nil:
		return fmt.Errorf("the folder cannot be locked: %w", err)
	case !got:
		return ErrLocked
	}
	return nil
}

// removeParts removes the leftovers of a killed run.
func (m *Mirror) removeParts() error {
	var parts []string
	for name, err := range m.folder.Names() {
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, partPrefix) && strings.HasSuffix(name, partSuffix) {
			parts = append(parts, name)
		}
	}
	return m.folder.RemoveAll(parts)
}

// Done counts the result, and returns the outcome of its request. It is called once for each result.
func (m *Mirror) Done(res *fetcher.Result) Change {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := Change{URL: secret.Of(res.Request, res.Cookies...).ShownURL()}
	c.Outcome, c.Error = outcomeOf(res)
	if p := m.pending[res.Seq]; p != nil {
		c.File = m.entries[p.entry].File
		delete(m.pending, res.Seq)
		if p.file == fresh {
			m.o.Names.Release(res.Seq)
		}
	}
	m.summary.Counts[c.Outcome]++
	return c
}

// Close unlocks the folder. The state file is complete even without Finish.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	if m.state != nil {
		errs = append(errs, m.state.Close())
		m.state = nil
	}
	if m.folder != nil {
		errs = append(errs, m.folder.Close())
	}
	if m.root != nil {
		errs = append(errs, m.root.Close())
	}
	if m.locks != nil {
		errs = append(errs, m.locks.Close()) // last: it unlocks
	}
	m.root, m.folder, m.locks = nil, nil, nil
	return errors.Join(errs...)
}
