// Package sync keeps a folder in step with the sources of its files: it asks each only for what has changed since the
// last time, never puts new content in the place of what someone else has changed, and says what is new, changed,
// unchanged and gone. What it knows of each request stands in a state file in the folder.
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

// Namer gives names to the files of requests that have none yet. Names are relative to the folder, with slashes, safe,
// and different for different requests of a run. A *store.Names is one.
type Namer interface {
	// Reserve settles the name. It is called in the order of the list, by one goroutine, before the request is sent.
	Reserve(*fetcher.Request)
	// Name gives the name with its extension, which may follow the content type. It is called once content has come, at
	// times more than once for a request, and concurrently. It need not look at what is in the folder.
	Name(res *fetcher.Result, contentType string) string
	// Coding gives the content coding that a name is one of, as far as it is settled; empty: none.
	Coding(*fetcher.Request) string
	// Release forgets a request that has its result.
	Release(seq int64)
}

// Options say what is kept where. Dir and Names are needed.
type Options struct {
	Dir       string // the folder; made if it is not there
	Names     Namer
	Overwrite bool // puts new content in the place of files that someone else has changed, or has put there
	Sync      bool // files, folders and the state are flushed to the disk before a result is given: for power cuts

	// Identity is what requests are known by; it is kept in the state.
	Identity Identity

	// Accept says for which statuses an answer's body is content; nil means 200 to 299. 304, 404 and 410 never are.
	Accept func(status int) bool

	// Check, if not nil, is asked for each answer with content for a writer that sees the content too, and for a
	// function that is called once all of it has come and before it takes the place of what was there. An error
	// from that makes the attempt a failure and leaves the file as it was.
	Check func(*fetcher.Result, *http.Response) (io.Writer, func() error, func())
}

// ErrLocked is what Open's error wraps when another process is at work in the folder.
var ErrLocked = errors.New("another fetch sync is at work in this folder; let it end, or choose another folder")

// Names of our own in the folder.
const (
	lockFile     = ownPrefix + "sync.lock"
	newStateFile = ownPrefix + "sync-state.part"
	partPrefix   = ownPrefix + "sync-"
	partSuffix   = ".part"
)

// Mirror is one run over one folder, which is locked until Close. Requests is ranged by one goroutine; Accept and Handle
// are safe for concurrent use, also with it; Done, Finish, Unlisted and Close are called by one other goroutine.
//
// Memory is about 240 bytes for each request in the state or the list, and its URL, file name and entity-tag.
type Mirror struct {
	o      Options
	root   *os.Root
	folder *file.Folder // the same
	locks  *os.File
	mode   fs.FileMode  // of a new file: 0666 less umask
	parts  atomic.Int64 // how many temporary files there were

	mu      sync.Mutex
	state   *os.File // appended to; nil after Finish
	stale   bool     // the state file is not as Finish would write it
	entries []entry
	keys    []key // of the entries
	index   map[key]int32
	repeats map[record.PlainID]uint32 // how often the list has an id, if more than once
	held    map[uint64]struct{}       // hashes of the names that have an owner
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

// path is a name in the folder as others see it.
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

// removeParts removes what a run that was killed has left behind.
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

// Done counts the result, and says what became of its request. It is called once for each result.
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

// Close ends the work on the folder and unlocks it. The state file has all that was done even without Finish.
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
