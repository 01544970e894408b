// Package output renders what a load test came to: for people, for programs, and for the tools that read HDR histograms.
package output

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
)

// Options say how a report is to look, and give what a Summary does not hold. The zero Options are right for a file.
type Options struct {
	Width int  // columns of the terminal, 40 at the least; 0: no terminal: laid out for 80, and no name is cut
	Color bool // of the format table

	SafeCells bool // CSV is protected from formulas
	Terminal  bool // CSV goes to one: control characters are escaped

	Response *measure.Distribution // the response times of successes, for hgrm; nil: the run did not keep them
}

// format is one kind of report.
type format struct {
	name       string
	extensions []string
	write      func(w io.Writer, s *measure.LoadSummary, o Options) error
}

func formats() []format {
	return []format{
		{"table", []string{".txt"}, writeTable},
		{"json", []string{".json"}, writeJSON},
		{"csv", []string{".csv"}, writeCSV},
		{"markdown", []string{".md", ".markdown"}, writeMarkdown},
		{LogFormat, []string{".hlog"}, noLog},
		{"hgrm", []string{".hgrm"}, writePercentiles},
	}
}

// Write writes a report in the named format, one of Formats. All but hgrm do it with one Write. The error is the
// writer's, or says that there is no such format, or that there is not what it needs: LogFormat is for NewLog. The Summary
// is only read.
func Write(name string, w io.Writer, s *measure.LoadSummary, o Options) error {
	for _, f := range formats() {
		if f.name == name {
			return f.write(w, s, o)
		}
	}
	return fmt.Errorf("there is no format %q: use one of %s", name, strings.Join(Formats(), ", "))
}

// Formats names the formats, the default first.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// ByExtension finds the format that a file's name asks for: .txt .json .csv .md .markdown .hlog .hgrm, in small or capital
// letters.
func ByExtension(name string) (format string, ok bool) {
	extension := strings.ToLower(filepath.Ext(name))
	for _, f := range formats() {
		if slices.Contains(f.extensions, extension) {
			return f.name, true
		}
	}
	return "", false
}
