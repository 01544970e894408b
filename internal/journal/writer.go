package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"example.com/fetch/internal/file"
	"example.com/fetch/internal/record"
)

// Options control how a journal is written. The zero value is right for most.
type Options struct {
	// Sync forces every write to the disk before it counts as written. Otherwise that happens once a second and
	// in Close.
	Sync bool
	// Once says that the run cannot be resumed, so errors do not say how.
	Once bool
	// OnError is called once, if something cannot be written, from a goroutine of the Writer or from Close, with
	// the error that every later call returns. It must not call the Writer. May be nil.
	OnError func(error)
}

const (
	// enough is the number of bytes that are written without waiting for more.
	enough = 64 << 10
	// longest is how long a line waits for others.
	longest = 10 * time.Millisecond
	// most is how many bytes may be pending while the disk is slow, except that one line of any length may
	// exceed it.
	most = 4 << 20
	// spare is the maximum size of a buffer that is kept for the next lines.
	spare = 1 << 20
	// betweenSyncs is the interval at which data is forced to the disk.
	betweenSyncs = time.Second
)

// Writer appends lines to a journal, which is locked until Close. It is safe for concurrent use. Lines are
// written in the order of the calls, whole, with one write for all that are ready; a line waits at most 10 ms.
//
// A failed write (the disk is full) damages nothing: a partly written line is removed, and so is every later
// one. The error, a *fetcher.Error of KindWrite, is returned by every call from then on.
type Writer struct {
	path string
	file target
	sync bool
	fail func(error) // Options.OnError

	wake    chan struct{} // holds an element while there is something to write
	hurry   chan struct{} // holds an element while that should not wait for more
	end     chan struct{} // closed by Close
	broken  chan struct{} // closed when err is set
	running sync.WaitGroup
	size    atomic.Int64 // of the complete lines in the file; set by the flusher
	unsaved atomic.Bool  // something was written since the last fsync
	still   func() error // checks that the file still has its name and all lines; may be nil
	long    func() error // checks that it has all lines; may be nil
	folder  string       // of a new file whose name is not on the disk yet; used by the goroutine that syncs

	mu      sync.Mutex
	taken   sync.Cond // signals that the buffer has been taken, or that there is an error
	buffer  []byte    // complete lines, not written yet
	notices []notice  // for those among them that someone waits for
	closed  bool
	begun   bool // there is a run that can be resumed
	err     error
}

// target is what a Writer needs of an *os.File whose offset is at its end. (WriteAt would not say how much was
// written before it failed, and O_APPEND does not work with truncation on Windows.)
type target interface {
	Write([]byte) (int, error)
	Truncate(int64) error
	Sync() error
	Close() error
}

// notice is a request to be notified when a line is in the file.
type notice struct {
	end     int // of the line, in the buffer
	written func()
}

// newWriter returns a Writer for a locked file with size bytes of complete lines. Its goroutines run from start
// to Close.
func newWriter(path string, f target, size int64, o Options) *Writer {
	w := &Writer{
		path: path, file: f, sync: o.Sync, fail: o.OnError,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), end: make(chan struct{}), broken: make(chan struct{}),
	}
	w.size.Store(size)
	w.taken.L = &w.mu
	return w
}

func (w *Writer) start() *Writer {
	w.running.Go(w.flushLines)
	w.running.Go(w.syncNowAndThen)
	return w
}

// Append appends a record. It is encoded before Append returns, so r may be reused. Written, which may be nil,
// is called once the line is in the file (with Options.Sync: on the disk), from a goroutine of the Writer and
// in the order of the lines, and never for a line that could not be written. It must not call the Writer. If
// the disk is slow and 4 MB are pending, Append waits.
func (w *Writer) Append(r *record.Record, written func()) error {
	return w.append(func(buffer []byte) ([]byte, error) {
		longer := record.AppendLine(buffer, r)
		if n := len(longer) - len(buffer); n > maxLine {
			return buffer, w.unwritable(fmt.Errorf("the record of request %d has %d bytes, and no line may be longer than %d; keep less of its body", r.Seq, n, maxLine))
		}
		return longer, nil
	}, written, false)
}

// End appends the end line of a part, and waits until it is in the file. It sets its Type.
func (w *Writer) End(end *End) error {
	w.look()
	e := *end
	e.Type = TypeEnd
	return w.appendAndWait(&e)
}

// Close writes what is pending, forces everything to the disk, and closes the journal. Its error is that of the
// first line that could not be written, if there is one. A second Close does nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.taken.Broadcast()
	w.mu.Unlock()
	close(w.end)
	w.running.Wait()

	w.look()
	w.syncFile()
	if err := w.file.Close(); err != nil {
		w.failed(err)
	}
	return w.failure()
}

// append appends the result of line to the buffer. With hurry it is written without waiting for more.
func (w *Writer) append(line func([]byte) ([]byte, error), written func(), hurry bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return err
	}
	var err error
	if w.buffer, err = line(w.buffer); err != nil {
		return err
	}
	if written != nil {
		w.notices = append(w.notices, notice{len(w.buffer), written})
	}
	put(w.wake)
	if hurry || len(w.buffer) >= enough {
		put(w.hurry)
	}
	return nil
}

// appendAndWait appends a line that is not a record, and returns when it is in the file.
func (w *Writer) appendAndWait(v any) error {
	written := make(chan struct{})
	if err := w.append(lineOf(v), func() { close(written) }, true); err != nil {
		return err
	}
	select {
	case <-written:
		return nil
	case <-w.broken:
	}
	select {
	case <-written: // written before the failure
		return nil
	default:
		return w.failure()
	}
}

// failure returns the first error.
func (w *Writer) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// ready waits until the buffer has room. The caller holds the lock.
func (w *Writer) ready() error {
	for len(w.buffer) >= most && w.err == nil && !w.closed {
		w.taken.Wait()
	}
	if w.err == nil && w.closed {
		return w.unwritable(fs.ErrClosed)
	}
	return w.err
}

// put puts an element into a channel with a capacity of one.
func put(full chan struct{}) {
	select {
	case full <- struct{}{}:
	default:
	}
}

// drain empties such a channel.
func drain(full chan struct{}) {
	select {
	case <-full:
	default:
	}
}

// lineOf encodes a line that is not a record, for append.
func lineOf(v any) func([]byte) ([]byte, error) {
	return func(buffer []byte) ([]byte, error) { return record.AppendAnyLine(buffer, v), nil }
}

var _ target = (*os.File)(nil)

// flushLines writes what is appended, until Close. It has two buffers: one is filled while the other is
// written.
func (w *Writer) flushLines() {
	var lines []byte
	var notices []notice
	waited := time.NewTimer(longest)
	defer waited.Stop()
	for closing := false; !closing; {
		select {
		case <-w.wake:
			waited.Reset(longest)
			select {
			case <-w.hurry:
			case <-waited.C:
			case <-w.end:
				closing = true
			}
		case <-w.end:
			closing = true
		}
		if cap(lines) > spare {
			lines = nil
		}
		clear(notices)
		lines, notices = w.take(lines[:0], notices[:0])
		w.writeLines(lines, notices)
	}
}

// take returns what is to be written, and replaces it by empty buffers. After an error there is nothing to
// write.
func (w *Writer) take(lines []byte, notices []notice) ([]byte, []notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines, w.buffer = w.buffer, lines
	notices, w.notices = w.notices, notices
	drain(w.wake)
	drain(w.hurry)
	if w.err != nil {
		return lines[:0], notices[:0]
	}
	w.taken.Broadcast()
	return lines, notices
}

// writeLines writes complete lines, and notifies those who wait for them. After a failure only lines that were
// written completely remain.
func (w *Writer) writeLines(lines []byte, notices []notice) {
	if len(lines) == 0 {
		return
	}
	if w.long != nil {
		if err := w.long(); err != nil {
			w.failed(err)
			return
		}
	}
	whole, err := w.file.Write(lines)
	if err != nil {
		whole = bytes.LastIndexByte(lines[:whole], '\n') + 1
		// Truncation needs no space. If it fails nevertheless, the part is an incomplete last line, which readers
		// ignore.
		err = errors.Join(err, w.file.Truncate(w.size.Load()+int64(whole)))
	}
	w.size.Add(int64(whole))
	if whole > 0 {
		w.unsaved.Store(true)
	}
	if w.sync && !w.syncFile() {
		whole = 0
	}
	for _, n := range notices {
		if n.end > whole {
			break
		}
		n.written()
	}
	if err != nil {
		w.failed(err)
	}
}

// syncNowAndThen forces written data to the disk once a second, until Close, and checks that the file is still
// there. It is a separate goroutine, so that lines are written meanwhile.
func (w *Writer) syncNowAndThen() {
	tick := time.NewTicker(betweenSyncs)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look()
			w.syncFile()
		case <-w.end:
			return
		}
	}
}

// look checks that the file is still the same: data written to a removed file is lost.
func (w *Writer) look() {
	if w.still == nil {
		return
	}
	if err := w.still(); err != nil {
		w.failed(err)
	}
}

// syncFile forces written data to the disk. It reports whether that succeeded.
func (w *Writer) syncFile() bool {
	if !w.unsaved.Swap(false) {
		return true
	}
	err := w.file.Sync()
	if err == nil && w.folder != "" {
		err = file.FlushFolder(w.folder)
		w.folder = ""
	}
	if err != nil {
		w.failed(err)
	}
	return err == nil
}

// failed keeps the first error, and reports it.
func (w *Writer) failed(err error) {
	w.mu.Lock()
	first := w.err == nil
	if first {
		w.err = w.unwritable(err)
		close(w.broken)
	}
	err = w.err
	w.taken.Broadcast()
	w.mu.Unlock()
	if first && w.fail != nil {
		w.fail(err)
	}
}
