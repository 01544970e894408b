package sync

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"example.com/fetch/internal/file"
)

// load reads the state file, if there is one, and opens it for appending.
func (m *Mirror) load() error {
	info, err := m.root.Lstat(StateFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("this is not a plain file; move it away")
	}
	m.state, err = m.root.OpenFile(StateFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	size, err := readState(m.state, m.know)
	if err != nil {
		return err
	}
	if err := m.state.Truncate(size); err != nil { // an incomplete line would damage the next
		return err
	}
	if _, err := m.state.Seek(size, io.SeekStart); err != nil {
		return err
	}
	if size == 0 {
		_, err = m.state.Write(m.heading())
	} else if !IdentityOf(m.o.Dir).equal(m.o.Identity) {
		m.stale = true
	}
	for i := range m.entries {
		m.hold(m.entries[i].File)
	}
	return err
}

// know processes a line of the state.
func (m *Mirror) know(k key, e entry) {
	i, ok := m.index[k]
	if !ok {
		i = m.add(k)
	} else {
		m.stale = true
	}
	m.entries[i] = e
}

func (m *Mirror) add(k key) int32 {
	i := int32(len(m.entries))
	m.entries, m.keys = append(m.entries, entry{}), append(m.keys, k)
	m.index[k] = i
	return i
}

// takeBack removes the part of a line that was written before the disk was full: the next line would be appended to
// it.
func (m *Mirror) takeBack(n int) error {
	end, err := m.state.Seek(int64(-n), io.SeekCurrent)
	if err != nil {
		return err
	}
	return m.state.Truncate(end)
}

// entry returns the entry of a request.
func (m *Mirror) entry(i int32) entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[i]
}

// put replaces the entry of a request, in memory and in the state file.
func (m *Mirror) put(i int32, e entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.listed = true
	m.stale = true
	m.entries[i] = e
	if m.state == nil {
		return m.unwritten(StateFile, errClosed)
	}
	n, err := m.state.Write(appendEntry(nil, m.keys[i], &e))
	switch {
	case err != nil:
		err = errors.Join(err, m.takeBack(n))
	case m.o.Sync:
		err = m.state.Sync()
	}
	if err != nil {
		return m.unwritten(StateFile, err)
	}
	return nil
}

// certain marks the content of a request's file as the intended one. The line in the state remains uncertain until
// Finish, which is harmless.
func (m *Mirror) certain(i int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[i].Was = nil
}

// hold reserves a name permanently; false means that it was in use, possibly by a name that differs only in case,
// because some file systems do not distinguish them.
func (m *Mirror) hold(name string) bool {
	key := xxhash.Sum64String(strings.ToLower(name))
	_, taken := m.held[key]
	m.held[key] = struct{}{}
	return !taken
}

var errClosed = errors.New("the mirror is closed")

// Finish rewrites the state, one line per request, sorted by file name, and counts what is no longer in the list.
// It is called when the run is over; nothing can be handled after it.
func (m *Mirror) Finish() (Summary, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil {
		return m.summary, errClosed
	}
	m.summary.Counts[Unlisted] = 0
	for range m.unlisted() {
		m.summary.Counts[Unlisted]++
	}
	gone := file.StillIn(m.root, m.state, StateFile)
	err := m.state.Close()
	m.state = nil
	switch {
	case errors.Is(gone, file.ErrReplaced): // by something that we must not replace
	case m.stale, gone != nil:
		err = errors.Join(err, m.rewrite())
	}
	if err != nil {
		err = fmt.Errorf("%s: %w; the previous state is still valid", m.path(StateFile), err)
	}
	return m.summary, errors.Join(err, m.still(StateFile, gone), m.still(lockFile, file.StillIn(m.root, m.locks, lockFile)),
		m.still("", m.folder.Still(m.o.Dir)))
}

// still returns an error if something of ours was removed or replaced during the run; otherwise nil.
func (m *Mirror) still(name string, gone error) error {
	if gone == nil {
		return nil
	}
	return fmt.Errorf("%s: %w; leave the folder and what is in it alone during a run", m.path(name), gone)
}

func (m *Mirror) rewrite() error {
	order := make([]int32, 0, len(m.entries))
	for i := range m.entries {
		if m.entries[i].File != "" {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &m.keys[a], &m.keys[b]
		return cmp.Or(strings.Compare(m.entries[a].File, m.entries[b].File), bytes.Compare(x.id[:], y.id[:]), cmp.Compare(x.nth, y.nth))
	})
	var w file.Writer
	if err := m.folder.Create(newStateFile, &w); err != nil {
		return err
	}
	out := bufio.NewWriterSize(&w, 64<<10) // it keeps the first error
	out.Write(m.heading())
	var line []byte
	for _, i := range order {
		line = appendEntry(line[:0], m.keys[i], &m.entries[i])
		out.Write(line)
	}
	err := out.Flush()
	if err == nil {
		err = w.Finish(0o600, true) // flushed, because the old state is discarded next
	}
	if err == nil {
		err = m.folder.Has(newStateFile, &w)
	}
	if err == nil {
		err = m.folder.Replace(newStateFile, m.folder, StateFile)
	}
	if err != nil {
		return errors.Join(err, w.Close(), m.folder.Remove(newStateFile))
	}
	return nil
}

// Unlisted yields the requests of the state that are no longer in the list, if the list was read to its end, in the
// order of the state. Their files and their state are kept.
func (m *Mirror) Unlisted() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for e := range m.unlisted() {
			if !yield(Change{Outcome: Unlisted, File: e.File, URL: e.URL}) {
				return
			}
		}
	}
}

func (m *Mirror) unlisted() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for i := range m.entries {
			e := &m.entries[i]
			if m.summary.ListEnded && !e.listed && e.File != "" && !yield(e) {
				return
			}
		}
	}
}
