package store

import (
	"errors"
	"os"
	"sync"

	"example.com/fetch/internal/file"
	"example.com/fetch/internal/process"
)

// mostFolders is how many folders are kept open, so that paths need not be resolved from the root for each file:
// fewer if the system allows only few open files.
var mostFolders = max(1, min(64, process.OpenFiles()/32))

// folders opens the folders below a root, and creates missing ones.
type folders struct {
	root *os.Root
	sync bool // new folders are flushed to the disk

	mu   sync.Mutex
	held map[string]*folder // by path, with slashes; "" is the root
}

// folder is an open folder.
type folder struct {
	*file.Folder
	users   int
	leaving bool // its last user closes it
}

// get opens a folder, and creates it if necessary. It must be returned by put.
func (f *folders) get(name string) (*folder, error) {
	return f.hold(name, func() (*file.Folder, error) { return file.Make(f.root, name, f.sync) })
}

// getExisting is get for a folder that must not be created again if it has disappeared.
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

// makeRoom closes an unused folder, if there are too many. The caller holds the lock.
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
