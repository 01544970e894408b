package journal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
)

// Copy copies standard input to a file and reads it from there. Resuming a run needs the list again, and a pipe
// can be read only once. Copying proceeds as fast as the pipe delivers, independently of the reader, which gets
// each line as soon as it is there. At most 64 KB are in memory.
//
// Reading is for one goroutine; the other methods may be called concurrently.
type Copy struct {
	path    string
	file    *os.File
	in      io.Reader
	onWhole func(sha256 string, bytes int64)
	read    int64         // bytes returned by Read
	done    chan struct{} // closed when the goroutine has ended

	mu        sync.Mutex
	changed   sync.Cond // signals a change of the following fields
	copied    int64     // bytes in the file
	end       error     // why copying ended: io.EOF, an error of the input, or a write error; nil: it has not ended
	syncError error     // copying ended, and the copy may not be on the disk
	closed    bool      // by Close: no further reads from in

	writing   sync.Mutex // held while the file grows
	abandoned bool       // by Close: further input is discarded
}

// copyBuffer is the size of one read.
const copyBuffer = 64 << 10

// inputGrace is how long Close waits for a read of the input, which cannot be interrupted: waiting forever
// would hang the program.
const inputGrace = 100 * time.Millisecond

// NewCopy starts copying in to a file, which is readable by its owner only (0600), because it contains the list
// with its secrets. An existing plain file of that name is replaced. When in has ended and everything is on the
// disk, onWhole, if not nil, is called once, from another goroutine and before Close returns, with the SHA-256
// of the copy in hexadecimal and its size. A write error, here and from Read and Close, is a *fetcher.Error of
// KindWrite.
func NewCopy(path string, in io.Reader, onWhole func(sha256 string, bytes int64)) (*Copy, error) {
	f, err := createCopy(path)
	if err != nil {
		return nil, copyFailure(path, err)
	}
	c := &Copy{path: path, file: f, in: in, onWhole: onWhole, done: make(chan struct{})}
	c.changed.L = &c.mu
	go c.run()
	return c, nil
}

var errNotPlain = errors.New("something of that name exists that is not a regular file")

// createCopy creates the file. An existing file is unlinked rather than truncated, because it may be the source
// of the pipe.
func createCopy(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil {
		if !info.Mode().IsRegular() {
			return nil, errNotPlain
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func copyFailure(path string, err error) error {
	what := advice(err)
	if err == errNotPlain {
		what = "move it away, or choose another name for the journal"
	}
	return &fetcher.Error{
		Kind: fetcher.KindWrite,
		Err:  fmt.Errorf("the copy of standard input, %s, cannot be written: %w; %s", printable(path), file.Reason(err), what),
	}
}

// run copies the input.
func (c *Copy) run() {
	defer close(c.done)
	sum := sha256.New()
	buffer := make([]byte, copyBuffer)
	for empty, more := 0, true; more; {
		n, err := c.in.Read(buffer)
		if n > 0 {
			empty = 0
		} else if empty++; err == nil && empty == 100 {
			err = io.ErrNoProgress
		}
		more = c.add(buffer[:n], sum, err)
	}
	if c.end != io.EOF {
		return
	}
	if err := c.file.Sync(); err != nil { // readers need not wait for that
		c.syncError = copyFailure(c.path, err)
	} else if c.onWhole != nil {
		c.onWhole(hex.EncodeToString(sum.Sum(nil)), c.copied)
	}
}

// add writes what was read, or ends the copying. It reports whether to read more.
func (c *Copy) add(text []byte, sum io.Writer, end error) (more bool) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.abandoned {
		return false
	}
	n, err := c.file.Write(text)
	if err != nil {
		end = copyFailure(c.path, err)
	}
	sum.Write(text[:n])
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copied += int64(n)
	c.end = end
	c.changed.Broadcast()
	return end == nil && !c.closed
}

// Read returns copied bytes, and waits if there are none yet. After all of them it returns the error that ended
// the copying: io.EOF at the end of the input. After Close it returns fs.ErrClosed.
func (c *Copy) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	ready, err := c.wait()
	if err != nil {
		return 0, err
	}
	n, err := c.file.ReadAt(p[:min(int64(len(p)), ready)], c.read)
	c.read += int64(n)
	if n > 0 || err == nil {
		return n, nil
	}
	if errors.Is(err, fs.ErrClosed) {
		return 0, fs.ErrClosed
	}
	if err == io.EOF { // the file was truncated: that is not the end of the list
		err = io.ErrUnexpectedEOF
	}
	return 0, fmt.Errorf("the copy of standard input, %s, cannot be read: %w; leave it alone during the run", printable(c.path), file.Reason(err))
}

// wait waits until there is something to read, and returns how much.
func (c *Copy) wait() (ready int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, fs.ErrClosed
		case c.copied > c.read:
			return c.copied - c.read, nil
		case c.end != nil:
			return 0, c.end
		}
		c.changed.Wait()
	}
}

// Close ends copying and reading, and leaves the file: complete, if the input has ended. It waits for its
// goroutine, but at most 100 ms for a read of the input, which continues until something arrives. The error is
// one that Read could not return: that the end of the copy may not be on the disk. Further calls do nothing.
func (c *Copy) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	c.changed.Broadcast()
	c.mu.Unlock()
	if again {
		return nil
	}
	joined := c.join()
	if err := cmp.Or(file.Still(c.file, c.path), c.file.Close()); err != nil {
		return copyFailure(c.path, err)
	}
	if !joined {
		return nil
	}
	return c.syncError
}

// join waits for the goroutine; false means that it is blocked in a read, and will not touch the file any more.
func (c *Copy) join() bool {
	select {
	case <-c.done:
		return true
	case <-time.After(inputGrace):
	}
	c.writing.Lock()
	c.abandoned = c.end == nil
	c.writing.Unlock()
	if !c.abandoned {
		<-c.done
	}
	return !c.abandoned
}

// Lines returns the number of complete lines in a copy that may be incomplete.
func Lines(path string) (n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buffer := make([]byte, copyBuffer)
	for err == nil {
		var got int
		got, err = f.Read(buffer)
		n += int64(bytes.Count(buffer[:got], []byte("\n")))
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}
