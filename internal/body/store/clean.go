package store

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"example.com/fetch/internal/file"
	"example.com/fetch/internal/filename"
)

// Clean removes what a kill has left of earlier parts of this run: those with the same Options.Run. It must be
// called after New and before anything is created, by the only process that works on the run. It searches the
// folders that the template can lead to.
//
// Temporary files are removed. If one is the proof of a file (Options.Proof), the file is kept if it has a record:
// if stands reports that the records of the request's seq remain valid, or Options.Mine that the file belongs to
// one of the request's records, which will be replaced. Otherwise it is removed as well: the kill came between file
// and record, and the request is sent again as if for the first time. Two links in one folder besides the proof
// cannot be distinguished, and both are kept. So are all other files. Stands may be nil, if no request has records.
//
// If Clean is interrupted, calling it again continues its work.
func (s *Sink) Clean(ctx context.Context, stands func(seq int64) bool) error {
	c := &cleaner{ctx: ctx, sink: s, stands: stands}
	if err := c.descend("", 0); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return explained(s.path(c.at, ""), ": the temporary files of the interrupted run cannot be removed", err)
	}
	return nil
}

// cleaner is one call of Clean.
type cleaner struct {
	ctx    context.Context
	sink   *Sink
	stands func(seq int64) bool
	at     string // current folder
}

// descend cleans the folders below one that the first level elements of the template lead to.
func (c *cleaner) descend(at string, level int) error {
	c.at = at
	elements := c.sink.template.folders
	d, err := file.Open(c.sink.folders.root, at)
	if err != nil {
		return ignored(err)
	}
	defer d.Close()
	if level == len(elements) {
		return c.clean(d)
	}
	if text, ok := elements[level].fixed(); ok {
		return c.descend(inFolder(at, text), level+1)
	}
	return c.each(d, func(name string) error {
		if filename.Safe(name, longestName) != name {
			return nil // not a folder of the template
		}
		if info, err := d.Lstat(name); err != nil || !info.IsDir() && info.Mode()&fs.ModeSymlink == 0 {
			return ignored(err)
		}
		if err := c.descend(inFolder(at, name), level+1); err != nil {
			return err
		}
		c.at = at
		return nil
	})
}

// ignored ignores the errors of what is not a folder, or not one that this run could have used.
func ignored(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, syscall.ELOOP) || err != nil && (escapes(err) || strings.HasSuffix(err.Error(), "not a directory")) {
		return nil
	}
	return err
}

// each calls do with the names in a folder.
func (c *cleaner) each(d *file.Folder, do func(name string) error) error {
	for name, err := range d.Names() {
		if err = cmp.Or(err, context.Cause(c.ctx)); err != nil {
			return err
		}
		if err := do(name); err != nil {
			return err
		}
	}
	return nil
}

// dead is a file with temporary names whose request has no record.
type dead struct {
	seq   int64
	files []string // its other names in the folder
}

// clean removes the temporary files of a folder, and before them the files without a record. They are collected
// first, because some systems cannot continue reading a folder after a removal.
func (c *cleaner) clean(d *file.Folder) error {
	var temporaries, files []string
	all, missing := map[file.Identity]*dead{}, uint64(0)
	err := c.each(d, func(name string) error {
		seq, ok := c.sink.seqOfTemporary(name)
		if !ok {
			return nil
		}
		info, err := d.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			return ignored(err)
		}
		temporaries = append(temporaries, name)
		id, links := file.IdentityOf(info)
		if links < 2 || c.stands != nil && c.stands(seq) {
			return nil
		}
		if all[id] == nil {
			all[id] = &dead{seq: seq}
			missing += links // names still to be found, unless they are in other folders
		}
		missing--
		return nil
	})
	if err == nil && missing > 0 {
		err = c.findFiles(d, all)
	}
	if err != nil {
		return err
	}
	for _, one := range all {
		if len(one.files) == 1 && (c.sink.o.Mine == nil || !c.sink.o.Mine(one.seq, c.sink.path(c.at, one.files[0]))) {
			files = append(files, one.files[0])
		}
	}
	if err := d.RemoveAll(files); err != nil {
		return err
	}
	if len(files) > 0 && c.sink.o.Sync {
		if err := d.Flush(); err != nil {
			return err
		}
	}
	return d.RemoveAll(temporaries)
}

// findFiles finds the other names of files.
func (c *cleaner) findFiles(d *file.Folder, all map[file.Identity]*dead) error {
	return c.each(d, func(name string) error {
		if _, ok := c.sink.seqOfTemporary(name); ok {
			return nil
		}
		info, err := d.Lstat(name)
		if err != nil {
			return ignored(err)
		}
		id, _ := file.IdentityOf(info)
		if one := all[id]; one != nil {
			one.files = append(one.files, name)
		}
		return nil
	})
}

// temporaryNumbers matches the seq, the page and the number of the try in the name of a temporary file.
var temporaryNumbers = regexp.MustCompile(`^(\d+)(?:` + pageMark + `(\d+))?(?:-(\d+))?$`)

// seqOfTemporary returns the seq in the name of a temporary file of this run; ok is false for any other name.
func (s *Sink) seqOfTemporary(name string) (seq int64, ok bool) {
	rest, _ := strings.CutPrefix(name, temporaryStart+s.run+"-")
	m := temporaryNumbers.FindStringSubmatch(strings.TrimSuffix(rest, temporaryEnd))
	if m == nil {
		return 0, false
	}
	seq, _ = strconv.ParseInt(m[1], 10, 64)
	page, _ := strconv.Atoi(cmp.Or(m[2], "1"))
	n, _ := strconv.Atoi(m[3])
	return seq, name == s.temporaryName(seq, page, n) // so its numbers are in canonical form
}
