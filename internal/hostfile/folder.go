// Package hostfile has what outlives a run of hosts: what was learned of each, and how much of its budget is used up, in which
// all processes of a user share. It is a folder of small files, two a host at most.
//
// Nothing here is needed: what cannot be read is not there, and what cannot be written is said once.
package hostfile

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"example.com/fetch/internal/file"
	"example.com/fetch/internal/web"
)

// Folder is where the files are. It is safe for concurrent use.
type Folder struct {
	Note   func(text string) // says once what does not work; nil: nobody hears it
	Forget bool              // what was kept of a host is removed when it is first asked for
	MaxFor time.Duration     // no pause that other processes were told of holds longer; 0: no bound

	base string // of all folders
	dir  string
	err  error // why there is none

	mu    sync.Mutex
	hosts map[string]entry // that were asked for
	noted map[string]bool
	rest  map[string]time.Duration // of hop times that were told to nobody yet, of hosts with leases
}

const (
	unused    = 30 * 24 * time.Hour // after which a file is removed
	pruneEach = 24 * time.Hour
	maxFiles  = 3000 // that are left
	maxHosts  = 5000 // of which something is recalled or kept in one run
	maxSize   = 4096 // bytes of a file
	lockWait  = 2 * time.Second
	suffix    = ".json"
	leased    = ".lease"
	temporary = ".part"
	pruned    = "pruned" // its time is when the folders were last gone through
)

// Open opens the user's folder, which is made when something is to be written. What other hosts stand in for, as those of a
// test server do, is kept apart, under the address.
func Open(standIn string) *Folder {
	cache, err := os.UserCacheDir()
	if err == nil && !filepath.IsAbs(cache) {
		err = fmt.Errorf("the cache folder %q depends on the present one: set HOME or XDG_CACHE_HOME to an absolute path", cache)
	}
	return In(filepath.Join(cache, "fetch", "hosts"), standIn, err)
}

// In is Open for another folder, unless err says that there is none.
func In(base, standIn string, err error) *Folder {
	d := &Folder{base: base, dir: base, err: err, hosts: map[string]entry{}, noted: map[string]bool{}, rest: map[string]time.Duration{}}
	if standIn != "" {
		d.dir = filepath.Join(base, "at+"+fileName(standIn))
	}
	return d
}

var plain = regexp.MustCompile(`^[a-z0-9_-][a-z0-9._-]{0,119}$`)

// fileName is the name of a host's files, without what tells them apart: that of the host, if that is safe on all systems.
func fileName(host string) string {
	name, port := web.SplitHost(host)
	if plain.MatchString(name) && (port == "" || plain.MatchString(port)) {
		return name + "+" + port
	}
	sum := sha256.Sum256([]byte(host))
	return "+" + hex.EncodeToString(sum[:16])
}

func (d *Folder) path(host, kind string) string { return filepath.Join(d.dir, fileName(host)+kind) }

// note says once that something does not work.
func (d *Folder) note(what string, err error) {
	d.mu.Lock()
	said := d.noted[what]
	d.noted[what] = true
	d.mu.Unlock()
	if !said && d.Note != nil {
		d.Note(fmt.Sprintf("%s: %v", what, err))
	}
}

// make makes the folder, for the user alone.
func (d *Folder) make() error {
	if d.err != nil {
		return d.err
	}
	return os.MkdirAll(d.dir, 0o700)
}

// read reads a small file; nil if there is none.
func read(f io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(text) > maxSize {
		err = errors.New("the file is too long")
	}
	return text, err
}

// open opens a file. Anything else in its place is an error: a pipe would be waited for without end, and a link may lead to
// what is not ours to write to.
func open(name string, flag int) (*os.File, error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("this is no file")}
	}
	return os.OpenFile(name, flag, 0o600)
}

// write has a file appear whole.
func (d *Folder) write(host string, text []byte) (err error) {
	if err := d.make(); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	folder, err := file.Open(root, "")
	if err != nil {
		return err
	}
	defer folder.Close()
	var w file.Writer
	name := rand.Text()[:12] + temporary
	if err := folder.Create(name, &w); err != nil {
		return err
	}
	_, err = w.Write(text)
	if err = cmp.Or(err, w.Finish(0o600, false)); err == nil {
		err = folder.Replace(name, folder, fileName(host)+suffix)
	}
	if err != nil {
		folder.Remove(name)
	}
	return err
}

var errHeld = errors.New("another process holds its lock")

// locked opens a host's lease under its lock, which is let go of by closing the file.
func (d *Folder) locked(ctx context.Context, host string) (*os.File, error) {
	if d.err != nil {
		return nil, d.err
	}
	name := d.path(host, leased)
	f, err := open(name, os.O_RDWR|os.O_CREATE)
	if errors.Is(err, fs.ErrNotExist) {
		if err = d.make(); err == nil {
			f, err = open(name, os.O_RDWR|os.O_CREATE)
		}
	}
	if err != nil {
		return nil, err
	}
	until := time.Now().Add(lockWait)
	for wait := time.Millisecond / 4; ; wait = min(2*wait, 10*time.Millisecond) {
		got, err := file.Lock(f)
		if err == nil && !got && time.Now().After(until) {
			err = errHeld
		}
		if got || err != nil {
			if err != nil {
				f.Close()
			}
			return f, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// prune removes what was not used for long, of all folders, and what is too much. It does so once a day.
func (d *Folder) prune(now time.Time) {
	mark := filepath.Join(d.base, pruned)
	if info, err := os.Lstat(mark); err == nil && (!info.Mode().IsRegular() || now.Sub(info.ModTime()).Abs() < pruneEach) {
		return
	}
	os.WriteFile(mark, nil, 0o600)
	os.Chtimes(mark, now, now)
	type old struct {
		path string
		used time.Time
	}
	var files []old
	var folders []string
	filepath.WalkDir(d.base, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || path == mark || path == d.base:
		case e.IsDir():
			folders = append(folders, path)
		default:
			if info, err := e.Info(); err == nil {
				files = append(files, old{path, info.ModTime()})
			}
		}
		return nil
	})
	slices.SortFunc(files, func(a, b old) int { return b.used.Compare(a.used) })
	for i, f := range files {
		if i >= maxFiles || now.Sub(f.used) > unused || filepath.Ext(f.path) == temporary && now.Sub(f.used) > time.Hour {
			os.Remove(f.path)
		}
	}
	for _, folder := range slices.Backward(folders) {
		os.Remove(folder) // unless something is in it
	}
}
