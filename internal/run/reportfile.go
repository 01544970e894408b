package run

import (
	"fmt"
	"io/fs"
	"os"
	"slices"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/spec"
)

// reportFile is a report in a file. Being opened leaves the file as it was: only the first write empties it, so that a
// run that does nothing destroys nothing.
type reportFile struct {
	file    *os.File
	created bool // by us
	begun   bool
}

// openReportFiles opens the files of --report, each for the format that its name asks for: one that ends as endings say. The run
// reads some files itself.
func openReportFiles(f *spec.Spec, reads []string, formatOf func(name string) (string, bool), endings string, open func(format string, file *reportFile) error) error {
	var taken []fs.FileInfo
	for _, name := range slices.Concat(reads, f.FilesRead(), f.List.FilesRead()) {
		if info, err := os.Stat(name); err == nil {
			taken = append(taken, info)
		}
	}
	for _, name := range f.Reports {
		format, ok := formatOf(name)
		if !ok {
			return exit.Usage(fmt.Errorf("--report %s: name it %s", name, endings))
		}
		file, id, err := openReportFile(name, taken)
		if err != nil {
			return err
		}
		taken = append(taken, id)
		if err := open(format, file); err != nil {
			return err
		}
	}
	return nil
}

// openReportFile opens a file for a report, but not one of those that the run reads or that another report is written to.
func openReportFile(name string, taken []fs.FileInfo) (*reportFile, fs.FileInfo, error) {
	before, err := os.Stat(name)
	if err == nil {
		for _, other := range taken {
			if os.SameFile(before, other) {
				return nil, nil, exit.Usage(fmt.Errorf("--report %s: that file is read by this run, or is another report of it", name))
			}
		}
	}
	created := err != nil
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, nil, fmt.Errorf("--report: %w", err)
	}
	info, err := file.Stat()
	return &reportFile{file: file, created: created}, info, err
}

func (r *reportFile) Write(p []byte) (int, error) {
	if !r.begun {
		r.begun = true
		if info, err := r.file.Stat(); err == nil && info.Mode().IsRegular() {
			if err := r.file.Truncate(0); err != nil {
				return 0, err
			}
		}
	}
	return r.file.Write(p)
}

// Close closes the file; one that we made and never wrote to is removed.
func (r *reportFile) Close() error {
	err := r.file.Close()
	if r.created && !r.begun {
		os.Remove(r.file.Name())
	}
	return err
}
