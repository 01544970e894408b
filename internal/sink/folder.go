package sink

import (
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
}

// get opens a folder. It is to be given back by put.
func (f *folders) get(name string) (*folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.held[name]
	if d == nil {
		var err error
		if d, err = f.open(name); err != nil {
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
}

func (f *folders) open(name string) (*folder, error) {
	at := name
	if at == "" {
		at = "."
	}
	root, err := f.root.OpenRoot(at)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.make(at); err != nil {
			return nil, err
		}
		root, err = f.root.OpenRoot(at)
	}
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
		errs = append(errs, d.close())
	}
	f.held = nil
	return errors.Join(append(errs, f.root.Close())...)
}

func (d *folder) close() error { return errors.Join(d.file.Close(), d.root.Close()) }

// settle renames a temporary file unless there is something of the final name: then its error is fs.ErrExist. slow
// remembers that the file system has no call for it.
func (d *folder) settle(temporary, final string, slow *atomic.Bool) error {
	if !slow.Load() {
		err := renameExclusive(d.fd, temporary, final)
		if err == nil || !cannotRename(err) {
			return err
		}
		slow.Store(true)
	}
	switch err := d.root.Link(temporary, final); {
	case err == nil:
		return d.root.Remove(temporary)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := d.root.Lstat(final); err == nil { // the file system has no links either
		return fs.ErrExist
	}
	return d.root.Rename(temporary, final)
}

// replace renames a temporary file over a plain file or a symbolic link, which is not followed. Its error is fs.ErrExist
// if there is something else, such as a folder.
func (d *folder) replace(temporary, final string) error {
	info, err := d.root.Lstat(final)
	if err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0 {
		return fs.ErrExist
	}
	return d.root.Rename(temporary, final)
}

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

// escapes says whether a name was refused since a symbolic link in it leads out of the root. The error has no type.
func escapes(err error) bool { return strings.Contains(err.Error(), "escapes from parent") }
