package store

import (
	"errors"
	"os"
	"sync"

	"example.com/fetch/internal/file"
	"example.com/fetch/internal/process"
)

// mostFolders is how many folders are held open, so that names need not be followed from the root for each file: fewer where
// the system allows only few open files.
var mostFolders = max(1, min(64, process.OpenFiles()/32))

// folders opens the folders below a root, and makes those that are not there.
type folders struct {
	root *os.Root
	sync bool // a folder that is made is flushed to the disk

	mu   sync.Mutex
	held map[string]*folder // by path, with slashes; "" is the root
}

// folder is an open folder.
type folder struct {
	*file.Folder
	users   int
	leaving bool // it is to be closed by its last user
}

// get opens a folder, and makes it if it is not there. It is to be given back by put.
func (f *folders) get(name string) (*folder, error) {
	return f.hold(name, func() (*file.Folder, error) { return file.Make(f.root, name, f.sync) })
}

// getExisting is get for a folder that is not to be made again if it has gone.
func (f *folders) getExisting(name string) (*folder, error) {
	return f.hold(name, func() (*file.Folder, error) { return file.Open(f.root, name) })
}

func (f *folders) hold(name string, open func() (*file.Folder, error)) (*folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.held[name]
	if d == nil {
		opened, err := open()
		if err != nil {
			return nil, err
		}
		d = &folder{Folder: opened}
		f.makeRoom()
		f.held[name] = d
	}
	d.users++
	return d, nil
}

func (f *folders) put(d *folder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.users--
	if d.leaving && d.users == 0 {
		d.Close()
	}
}

// makeRoom closes a folder that nobody uses, if there are too many. The lock is held.
func (f *folders) makeRoom() {
	if len(f.held) < mostFolders {
		return
	}
	for name, d := range f.held {
		if d.users == 0 {
			delete(f.held, name)
			d.Close()
			return
		}
	}
}

func (f *folders) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, d := range f.held {
		if d.leaving = true; d.users == 0 {
			errs = append(errs, d.Close())
		}
	}
	f.held = nil
	return errors.Join(append(errs, f.root.Close())...)
}
