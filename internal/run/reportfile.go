package run

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/file"
)

// reportFile is a report in a file. Opening it leaves the file unchanged: only the first write truncates it,
// so that a run that does nothing destroys nothing.
type reportFile struct {
	*os.File
	created bool // by this run
	begun   bool
	written int64
	cut     error // another process has truncated the file
}

// openReportFile opens a file for a report, unless it is one of taken, and adds it to taken.
func openReportFile(name string, taken *[]fs.FileInfo) (*reportFile, error) {
	before, err := os.Stat(name)
	created := err != nil
	if !created && slices.ContainsFunc(*taken, func(other fs.FileInfo) bool { return os.SameFile(before, other) }) {
		return nil, exit.Usage(fmt.Errorf("--report %s: that file is read by this run, or is another report of it", name))
	}
	opened, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, exit.Usage(fmt.Errorf("--report %s: %w; choose a file in a folder that is there, and that you may write to", name, file.Reason(err)))
	}
	info, err := opened.Stat()
	*taken = append(*taken, info)
	return &reportFile{File: opened, created: created}, err
}

func (r *reportFile) Write(p []byte) (int, error) {
	if !r.begun {
		r.begun = true
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() {
			if err := r.Truncate(0); err != nil {
				return 0, err
			}
		}
	}
	if r.cut = cmp.Or(r.cut, file.StillLong(r.File, r.written)); r.cut != nil {
		return len(p), nil // Close returns the error
	}
	n, err := r.File.Write(p)
	r.written += int64(n)
	return n, err
}

// Close closes the file; a file that was created here and never written to is removed. It returns an error if
// the file has disappeared.
func (r *reportFile) Close() error {
	gone := cmp.Or(r.cut, file.StillLong(r.File, r.written), file.Still(r.File, r.Name()))
	err := r.File.Close()
	switch {
	case r.created && !r.begun && gone == nil:
		os.Remove(r.Name())
	case r.begun && gone != nil:
		err = fmt.Errorf("--report %s: %w; leave it alone during a run", r.Name(), gone)
	}
	return err
}
