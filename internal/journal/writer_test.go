package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/record"
)

// fakeFile is a file on a disk that may be full, slow or broken, and remembers what was done.
type fakeFile struct {
	mu      sync.Mutex
	data    []byte
	room    int           // how many bytes fit; 0: all
	slow    time.Duration // how long a write takes
	broken  error         // of Sync
	began   time.Time
	history []string // "write 3 lines @10ms", "sync @1s"
}

func newFake() *fakeFile { return &fakeFile{began: time.Now()} }

func (f *fakeFile) note(format string, args ...any) {
	f.history = append(f.history, fmt.Sprintf(format, args...)+" @"+time.Since(f.began).String())
}

func (f *fakeFile) Write(p []byte) (int, error) {
	if f.slow > 0 {
		time.Sleep(f.slow)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(p)
	if f.room > 0 {
		n = min(n, f.room-len(f.data))
	}
	f.data = append(f.data, p[:n]...)
	f.note("write %d", bytes.Count(p[:n], []byte("\n")))
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (f *fakeFile) Truncate(n int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("cut %d", int64(len(f.data))-n)
	f.data = f.data[:n]
	return nil
}

func (f *fakeFile) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("sync")
	return f.broken
}

func (f *fakeFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("close")
	return nil
}

func (f *fakeFile) want(t *testing.T, history ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.history, history) {
		t.Errorf("got %q\nwant %q", f.history, history)
	}
	f.history = nil
}

// wide is a record whose line has about n bytes.
func wide(seq int64, n int) *record.Record {
	r := newRecord(seq, 1, 0)
	r.Name = strings.Repeat("n", n)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLinesWaitForOthers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := newFake()
		w := newWriter("run.jsonl", f, 0, Options{}).start()
		must(t, w.Append(newRecord(1, 1, 0), nil))
		time.Sleep(9 * time.Millisecond)
		must(t, w.Append(newRecord(2, 1, 0), nil))
		synctest.Wait()
		f.want(t)
		time.Sleep(1 * time.Millisecond)
		synctest.Wait()
		f.want(t, "write 2 @10ms")

		for i := range int64(3) { // enough is written at once
			must(t, w.Append(wide(3+i, 30<<10), nil))
		}
		synctest.Wait()
		f.want(t, "write 3 @10ms")
		time.Sleep(990*time.Millisecond + time.Second)
		synctest.Wait()
		f.want(t, "sync @1s") // and not again without need

		must(t, w.Append(newRecord(6, 1, 0), nil))
		must(t, w.begin(newLeg(1, 2))) // whoever waits does not wait for more
		f.want(t, "write 2 @2s")
		must(t, w.Append(newRecord(7, 1, 0), nil))
		must(t, w.Event(&Event{Event: EventBaseline, Serial: 5}))
		must(t, w.Close())
		f.want(t, "write 2 @2s", "sync @2s", "close @2s")
		must(t, w.Close())
		f.want(t)
		wantWriteFailure(t, w.Append(newRecord(8, 1, 0), nil), "run.jsonl")
		if err := w.End(&End{}); !errors.Is(err, fs.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestWrittenIsSaidWhenItIs(t *testing.T) {
	for _, test := range []struct {
		sync bool
		want []string
	}{
		{false, []string{"write 2 @10ms", "written 1 @10ms", "written 2 @10ms", "sync @10ms", "close @10ms"}},
		{true, []string{"write 2 @10ms", "sync @10ms", "written 1 @10ms", "written 2 @10ms", "close @10ms"}},
	} {
		bubble.Test(t, func(t *testing.T) {
			f := newFake()
			w := newWriter("run.jsonl", f, 0, Options{Sync: test.sync}).start()
			for i := range int64(2) {
				must(t, w.Append(newRecord(i+1, 1, 0), func() { f.note("written %d", i+1) }))
			}
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
			must(t, w.Close())
			f.want(t, test.want...)
		})
	}
}

func TestFullDiskTakesOnlyWhatDoesNotFit(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := newFake()
		f.room = 25_000
		var told []error
		w := newWriter("my run.jsonl", f, 0, Options{OnError: func(err error) { told = append(told, err) }}).start()
		w.begun = true
		var written []int64
		for i := range int64(3) {
			must(t, w.Append(wide(i+1, 10_000), func() { written = append(written, i+1) }))
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		if len(f.history) != 2 || f.history[0] != "write 2 @10ms" || !strings.HasPrefix(f.history[1], "cut ") {
			t.Error(f.history)
		}
		if f.data[len(f.data)-1] != '\n' || bytes.Count(f.data, []byte("\n")) != 2 || !slices.Equal(written, []int64{1, 2}) {
			t.Error("not cut off to whole lines, or wrong ones told of:", len(f.data), written)
		}
		f.room = 0 // what comes later must not be written, as what is lost would be a gap
		never := func() { t.Error("a lost line was called written") }
		err := w.Append(newRecord(4, 1, 0), never)
		wantWriteFailure(t, err, "my run.jsonl cannot be written: no space left on device; make room on the disk, then: fetch resume 'my run.jsonl'")
		if !errors.Is(err, syscall.ENOSPC) || len(told) != 1 || told[0] != err {
			t.Error(err, told)
		}
		for _, again := range []error{w.begin(newLeg(0, 0)), w.Event(&Event{}), w.End(&End{}), w.Close()} {
			if again != err {
				t.Error(again)
			}
		}
		if bytes.Count(f.data, []byte("\n")) != 2 || len(told) != 1 {
			t.Error("written after a failure")
		}
	})
}

func TestSyncThatFails(t *testing.T) {
	for _, always := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			f := newFake()
			f.broken = syscall.EIO
			w := newWriter("run.jsonl", f, 0, Options{Sync: always}).start()
			written := false
			must(t, w.Append(newRecord(1, 1, 0), func() { written = true }))
			time.Sleep(time.Second)
			synctest.Wait()
			if written == always {
				t.Error("written:", written)
			}
			wantWriteFailure(t, w.Append(newRecord(2, 1, 0), nil), "system's log")
			wantWriteFailure(t, w.Close())
		})
	}
}

func TestSlowDiskHoldsUp(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := newFake()
		f.slow = time.Second
		w := newWriter("run.jsonl", f, 0, Options{}).start()
		var appended atomic.Int64
		go func() {
			for i := range int64(20) {
				if err := w.Append(wide(i+1, 1<<20), nil); err != nil {
					t.Error(err)
				}
				appended.Add(1)
			}
		}()
		synctest.Wait() // at most 4 MB are being written, and 4 MB wait
		if n := appended.Load(); n < 4 || n > 8 {
			t.Error(n, "MB are on their way")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if appended.Load() != 20 {
			t.Error(appended.Load())
		}
		must(t, w.Close())
		if bytes.Count(f.data, []byte("\n")) != 20 {
			t.Error("lines are lost")
		}
	})
}

func TestHeldUpWhenTheDiskFills(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := newFake()
		f.slow, f.room = time.Second, 1
		w := newWriter("run.jsonl", f, 0, Options{}).start()
		var all sync.WaitGroup
		for i := range int64(20) {
			all.Go(func() { w.Append(wide(i+1, 1<<20), nil) })
		}
		all.Wait() // nobody waits for ever
		wantWriteFailure(t, w.Close(), "no space")
	})
}

func TestManyAppend(t *testing.T) {
	const writers, each = 8, 500
	path := write(t, newLeg(0, writers*each))
	w, _, err := goOn(context.Background(), path, Options{})
	must(t, err)
	var all sync.WaitGroup
	var written atomic.Int64
	for n := range int64(writers) {
		all.Go(func() {
			for i := range int64(each) {
				if err := w.Append(newRecord(n*each+i+1, 1, 0), func() { written.Add(1) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	must(t, w.Close())
	if written.Load() != writers*each {
		t.Error("written:", written.Load())
	}
	inOrder, err := collect(open(t, path).InOrder(t.Context()))
	must(t, err)
	for i, r := range inOrder {
		if r.Seq != int64(i+1) {
			t.Fatal(i, r.Seq)
		}
	}
	if len(inOrder) != writers*each {
		t.Error(len(inOrder))
	}
}
