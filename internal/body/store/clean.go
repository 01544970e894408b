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

// Clean puts in order what a kill has left of earlier legs of this run: those with the same Options.Run. It is to be called
// after New and before anything is made, and by the one process that has the run. It looks into the folders that the
// template can lead to.
//
// Temporary files are removed. Where one is the proof of a file (Options.Proof), the file stays if it has a record: if
// stands says of the request's seq that its records are kept as they are, or Options.Mine that the file is one of the
// request's records, which will be replaced. If not, it is removed as well: the kill came between the two, and the request
// is sent again as if it had never been. Two links in one folder besides the proof are not told apart, and both stay. So do
// all other files. stands may be nil, if no request has records.
//
// Whenever Clean is cut off, calling it again goes on with it.
func (s *Sink) Clean(ctx context.Context, stands func(seq int64) bool) error {
	c := &cleaner{ctx: ctx, sink: s, stands: stands}
	if err := c.descend("", 0); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return explained(s.path(c.at, ""), ": the temporary files of the run that was broken off cannot be removed", err)
	}
	return nil
}

// cleaner is one call of Clean.
type cleaner struct {
	ctx    context.Context
	sink   *Sink
	stands func(seq int64) bool
	at     string // the folder that it is in
}

// descend cleans the folders below one that the first so many elements of the template lead to.
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
			return nil // none that the template gives
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

// ignored are errors of what is not a folder, or not one that this run could have been in.
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

// clean removes the temporary files from a folder, and before them the files that have no record. They are found first, since
// not every system can read a folder on after something was removed.
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
			missing += links // its names that are to be found, unless they are in other folders
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

// temporaryNumbers are the seq, the page and the number of the try in the name of a temporary file.
var temporaryNumbers = regexp.MustCompile(`^(\d+)(?:` + pageMark + `(\d+))?(?:-(\d+))?$`)

// seqOfTemporary gives the seq that a name of a temporary file of this run has; ok is false for any other name.
func (s *Sink) seqOfTemporary(name string) (seq int64, ok bool) {
	rest, _ := strings.CutPrefix(name, temporaryStart+s.run+"-")
	m := temporaryNumbers.FindStringSubmatch(strings.TrimSuffix(rest, temporaryEnd))
	if m == nil {
		return 0, false
	}
	seq, _ = strconv.ParseInt(m[1], 10, 64)
	page, _ := strconv.Atoi(cmp.Or(m[2], "1"))
	n, _ := strconv.Atoi(m[3])
	return seq, name == s.temporaryName(seq, page, n) // and so its numbers are written in the one way
}
