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

// Copy is a copy of standard input in a file, and a reader of it. Who resumes a run needs the list again, and a pipe gives it
// once. The copy is made as fast as the pipe gives it, ahead of who reads, who gets each line as soon as it has come.
// It holds 64 KB at a time.
//
// Reading is for one goroutine; the other methods may be called at the same time.
type Copy struct {
	path    string
	file    *os.File
	in      io.Reader
	onWhole func(sha256 string, bytes int64)
	read    int64         // how much Read has given
	done    chan struct{} // closed when the goroutine has ended

	mu        sync.Mutex
	changed   sync.Cond // one of what follows has
	copied    int64     // bytes in the file
	end       error     // why no more comes: io.EOF, what reading in gave, or a failure to write; nil: more may come
	syncError error     // the end came, and the copy may not be on the disk
	closed    bool      // by Close: nothing more is to be read from in

	writing   sync.Mutex // held while the file grows
	abandoned bool       // by Close: nothing is to be done with what in gives yet
}

// copyBuffer is how much is read at once.
const copyBuffer = 64 << 10

// inputGrace is how long Close waits for a read of the input, which nothing can break off: to wait for ever would hang the
// program.
const inputGrace = 100 * time.Millisecond

// NewCopy begins to copy in to a file, for its owner alone (0600): it holds the list as it is, with the secrets that are in
// it. What has that name is replaced if it is a plain file. When in has ended and all of it is on the disk, onWhole, if not
// nil, is called once, from another goroutine and before Close returns, with the copy's SHA-256 in hexadecimal and its size.
// An error of writing, here and from Read and Close, is a *fetcher.Error of KindWrite.
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

var errNotPlain = errors.New("there is something of that name that is no plain file")

// createCopy makes the file. An old one is not emptied, but gives up its name: it may be what is coming down the pipe.
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

// run copies.
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
	if err := c.file.Sync(); err != nil { // who reads need not wait for that
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

// Read gives what has been copied, and waits where there is no more yet. After all that was copied it gives the error that
// ended the copying: io.EOF at the end of the input. After Close it gives fs.ErrClosed.
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
	if err == io.EOF { // someone has cut it off: that is not the end of the list
		err = io.ErrUnexpectedEOF
	}
	return 0, fmt.Errorf("the copy of standard input, %s, cannot be read: %w; leave it alone during the run", printable(c.path), file.Reason(err))
}

// wait waits until there is something to read, and gives how much.
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

// Close ends the copying and the reading, and leaves the file where it is: whole, if the input has ended. It waits for its
// goroutine, but no longer than 100 ms for a read of the input, which goes on until something comes. The error is one that Read
// has had no occasion to give: that the end of the copy may not be on the disk. Further calls do nothing.
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

// join waits for the goroutine; false: it is in a read, and has nothing to do with the file any more.
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

// Lines is how many whole lines a copy has that may have been broken off.
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
