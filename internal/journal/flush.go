package journal

import (
	"bytes"
	"errors"
	"time"

	"example.com/fetch/internal/file"
)

// flushLines writes what is appended, until Close. It has two buffers: one is filled while the other is written.
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

// take gives what is to be written, and leaves empty buffers in its place. After an error there is nothing to be written.
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

// writeLines writes whole lines, and tells those who wait for them. After a failure as many of them stand as were
// written whole.
func (w *Writer) writeLines(lines []byte, notices []notice) {
	if len(lines) == 0 {
		return
	}
	whole, err := w.file.Write(lines)
	if err != nil {
		whole = bytes.LastIndexByte(lines[:whole], '\n') + 1
		// Cutting off needs no room. Should it fail nevertheless, the part is a torn last line, which readers ignore.
		err = errors.Join(err, w.file.Truncate(w.size+int64(whole)))
	}
	w.size += int64(whole)
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

// syncNowAndThen forces what has been written to the disk, once a second, until Close, and looks whether the file is still there. It is a goroutine of its own, so
// that lines are written meanwhile.
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

// look finds out whether the file still has its name: what is written to one that was removed is lost.
func (w *Writer) look() {
	if w.still == nil {
		return
	}
	if err := w.still(); err != nil {
		w.failed(err)
	}
}

// syncFile forces what has been written to the disk. False means that this could not be done.
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

// failed keeps the first error, and tells of it.
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
