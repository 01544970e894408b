package spec

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/fetch/internal/report"
)

// What is no name of a file, and no content of a request, but by accident.
var (
	isNumber = regexp.MustCompile(`^[0-9]+$`).MatchString
	isTime   = regexp.MustCompile(`^[0-9.]*[0-9](ms|s|m|h)?$`).MatchString
)

// CheckGuesses refuses values that have another tool's meaning of a flag, where a run begins: what it means there, and what to write.
// A run that was begun may be gone on with as it was.
func (f *Spec) CheckGuesses() error {
	upload := ""
	for _, v := range f.Body.Given {
		if v.Name == "upload-file" {
			upload = v.Value
		}
	}
	ending := filepath.Ext(f.Output)
	return cmp.Or(
		when(isNumber(f.Journal) && !isThere(f.Journal),
			"-j %s: -j names the journal of the run; the number of requests in flight is -c %[1]s (for a journal of that name: -j ./%[1]s)", f.Journal),
		when(isTime(upload) && !isThere(upload),
			"-T %s: -T names a file to send; a time-out is -t %[1]s (for a file of that name: -T ./%[1]s)", upload),
		when(f.Output == os.DevNull, "-o %s: bodies are kept nowhere without -o; leave it out", f.Output),
		when(f.isReport(f.Output),
			"-o %s: -o is where bodies go; a report goes there with --report %[1]s (for bodies of that kind: -o '{name}%s')", f.Output, ending),
	)
}

// isReport reports whether the name for bodies is that of the report which is asked for: its format, or a table of values.
func (f *Spec) isReport(output string) bool {
	format, ok := report.ByExtension(output)
	if !ok || strings.ContainsAny(output, "{") || isThere(output) {
		return false
	}
	return f.gives("format") && format == f.Format || (f.HasValues() || len(f.Fields) > 0) && slices.Contains(flat, format)
}

func isThere(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// SourceTaken says which flag has what looks like the SOURCE for its value, where there is none; empty: none has.
func (f *Spec) SourceTaken() string {
	for _, v := range f.Given {
		info, err := os.Stat(v.Value)
		isSource := strings.Contains(v.Value, "://") || err == nil && info.Mode().IsRegular()
		switch {
		case !isSource:
		case v.Name == "json" || v.Name == "format":
			return "--" + v.Name + " has the last word for its value; -f json is the format of the report"
		case slices.Contains([]string{"output", "select", "journal", "report", "fields", "data"}, v.Name):
			return "--" + v.Name + " has the last word for its value: write one for it, and then the SOURCE"
		}
	}
	return ""
}

// checkGuesses is CheckGuesses of what only a load test has.
func (f *Load) checkGuesses() error {
	for _, v := range f.Run.Body.Given {
		if v.Name == "data" && isTime(v.Value) {
			return when(true, "-d %s: -d is what is sent; how long it lasts is -z %[1]s (to send that: --data-raw %[1]s)", v.Value)
		}
	}
	return when(isNumber(f.Run.User), "-u: this is NAME:PASSWORD; the number of users is -c N")
}
