package sync

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/file"
)

// partName returns the name of another temporary file.
func (m *Mirror) partName() string { return fmt.Sprint(partPrefix, m.parts.Add(1), partSuffix) }

// part is received content that has no final name yet.
type part struct {
	file.Writer
	m    *Mirror
	name string // of the temporary file; empty once it has its final name
	size int64
	// coding is its content coding, according to its name; empty: none.
	coding string
	sum    sum
}

// receive reads a body into a temporary file, in the form of a file with this name. Look, if not nil, gets the
// decoded body.
func (m *Mirror) receive(name string, body io.Reader, look io.Writer) (_ *part, err error) {
	p := &part{m: m, name: m.partName()}
	switch err := m.folder.Create(p.name, &p.Writer); {
	case file.IsOutOfFiles(err): // another attempt may find one free
		return nil, &fetcher.Error{Kind: fetcher.KindConnect, Err: err}
	case err != nil:
		return nil, m.unwritten(p.name, err)
	}
	h := sha256.New()
	form := coding.NewFile(name, body, io.MultiWriter(h, p))
	to := []io.Writer{form}
	if look != nil {
		to = append(to, look)
	}
	if err = file.Copy(body, to...); err == nil {
		p.coding, err = form.Close()
	}
	if err != nil {
		p.discard()
		return nil, err
	}
	p.sum = sum(h.Sum(nil))
	return p, nil
}

// Write appends to the content. Its error is that of the disk, which ends the run.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	p.size += int64(n)
	if err != nil {
		return n, p.m.unwritten(p.name, err)
	}
	return n, nil
}

// finish closes the temporary file, whose content and modification time are then final.
func (p *part) finish(mode fs.FileMode, e *entry) error {
	err := p.Finish(mode, p.m.o.Sync)
	if err == nil {
		var info fs.FileInfo
		if info, err = p.m.folder.Lstat(p.name); err == nil {
			e.MTime = stamp(info.ModTime().UnixNano())
			return nil
		}
	}
	return p.m.unwritten(e.File, err)
}

// errTaken says that the name is in use. It is not fs.ErrExist, which is also the error of creating a folder where
// a file exists.
var errTaken = errors.New("a file with that name exists")

// place gives it a name that is not in use; errTaken if it is.
func (p *part) place(name string) error { return p.settle(name, p.m.folder.Rename) }

// replace gives it a name, in use or not. A symbolic link is replaced itself.
func (p *part) replace(name string) error { return p.settle(name, p.m.folder.Replace) }

func (p *part) settle(name string, rename func(temporary string, to *file.Folder, final string) error) error {
	if err := p.m.folder.Has(p.name, &p.Writer); err != nil {
		p.name = "" // the file with that name is not ours
		return p.m.unwritten(name, err)
	}
	to := p.m.folder
	if dir := path.Dir(name); dir != "." {
		below, err := file.Make(p.m.root, dir, p.m.o.Sync)
		if err != nil {
			return p.m.unwritten(name, err)
		}
		defer below.Close()
		to = below
	}
	err := rename(p.name, to, path.Base(name))
	if errors.Is(err, fs.ErrExist) {
		return errTaken
	}
	if err == nil {
		p.name = ""
		if p.m.o.Sync {
			err = to.Flush()
		}
	}
	if err != nil {
		return p.m.unwritten(name, err)
	}
	return nil
}

// discard removes the temporary file, if it still exists.
func (p *part) discard() {
	p.Close()
	if p.name != "" {
		p.m.folder.Remove(p.name) // a leftover is removed by the next run
		p.name = ""
	}
}

// unwritten returns the error of the disk, which ends the run.
func (m *Mirror) unwritten(name string, err error) error {
	return &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("%s could not be written: %w", m.path(name), err)}
}

func (m *Mirror) conflict() error { return &fetcher.Error{Kind: fetcher.KindExpect, Err: ErrConflict} }

// kept sets the result's Value.
func (m *Mirror) kept(res *fetcher.Result, o Outcome, e *entry) {
	res.Value = &Kept{Outcome: o, File: e.File, SHA256: hex.EncodeToString(e.SHA256[:]), path: m.path(e.File)}
}

// withSuffix returns the nth variant of a name: a.json, a-2.json, a-3.json.
func withSuffix(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
}
