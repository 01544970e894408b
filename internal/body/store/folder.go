package store

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// mostFolders is how many folders are held open, so that names need not be followed from the root for each file.
const mostFolders = 64

// folders opens the folders below a root, and makes those that are not there. A name cannot lead out of the root, nor can
// a symbolic link.
type folders struct {
	root *os.Root
	sync bool // a folder that is made is flushed to the disk

	mu    sync.Mutex
	held  map[string]*folder // by path, with slashes; "" is the root
	clock uint64
}

// folder is an open folder. Names that it is given have no slashes.
type folder struct {
	root  *os.Root
	file  *os.File // the folder as a file
	fd    int      // of file
	users int
	used  uint64 // when it was last asked for

	leaving  bool        // it is to be closed by its last user
	linkless atomic.Bool // its file system has no hard links
}

// get opens a folder, and makes it if it is not there. It is to be given back by put.
func (f *folders) get(name string) (*folder, error) { return f.hold(name, f.open) }

// getExisting is get for a folder that is not to be made again if it has gone.
func (f *folders) getExisting(name string) (*folder, error) { return f.hold(name, f.openExisting) }

func (f *folders) hold(name string, open func(string) (*folder, error)) (*folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.held[name]
	if d == nil {
		var err error
		if d, err = open(name); err != nil {
			return nil, err
		}
		f.makeRoom()
		f.held[name] = d
	}
	f.clock++
	d.used = f.clock
	d.users++
	return d, nil
}

func (f *folders) put(d *folder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.users--
	if d.leaving && d.users == 0 {
		d.close()
	}
}

func (f *folders) open(name string) (*folder, error) {
	d, err := f.openExisting(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	if err := f.make(cmp.Or(name, ".")); err != nil {
		return nil, err
	}
	return f.openExisting(name)
}

func (f *folders) openExisting(name string) (*folder, error) {
	root, err := f.root.OpenRoot(cmp.Or(name, "."))
	if err != nil {
		return nil, err
	}
	file, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, err
	}
	return &folder{root: root, file: file, fd: int(file.Fd())}, nil
}

// make makes a folder and those above it.
func (f *folders) make(name string) error {
	if err := f.root.MkdirAll(name, 0o777); err != nil || !f.sync {
		return err
	}
	for name != "." {
		name = path.Dir(name)
		if err := f.flush(name); err != nil {
			return err
		}
	}
	return nil
}

func (f *folders) flush(name string) error {
	file, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(flushFolder(file), file.Close())
}

// makeRoom closes the folder that was not asked for the longest, if there are too many. The lock is held.
func (f *folders) makeRoom() {
	if len(f.held) < mostFolders {
		return
	}
	oldest, name := (*folder)(nil), ""
	for n, d := range f.held {
		if d.users == 0 && (oldest == nil || d.used < oldest.used) {
			oldest, name = d, n
		}
	}
	if oldest != nil {
		delete(f.held, name)
		oldest.close()
	}
}

func (f *folders) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, d := range f.held {
		if d.leaving = true; d.users == 0 {
			errs = append(errs, d.close())
		}
	}
	f.held = nil
	return errors.Join(append(errs, f.root.Close())...)
}

func (d *folder) close() error { return errors.Join(d.file.Close(), d.root.Close()) }

// flushFolder makes the names in a folder last. Windows has no such thing.
func flushFolder(file *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return file.Sync()
}

// reason is an error of the system without the name, which the message has already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// escapes reports whether a name was refused since a symbolic link in it leads out of the root. The error has no type.
func escapes(err error) bool { return strings.Contains(err.Error(), "escapes from parent") }
