package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// field is a column of a flat report, with the function that returns its cell.
type field struct {
	name string
	of   func(*line) string
}

// line is the subject of one line of a flat report: a record and one of its responses.
type line struct {
	*record.Record
	answer *record.Answer
	people bool // written for people, not programs
}

// The columns of a flat report that every result has, before and after the columns of the list's rows.
var (
	flatHead = []field{
		{"seq", func(l *line) string { return whole(l.Seq) }},
		{"page", func(l *line) string { return strconv.Itoa(l.Page) }},
		{"name", func(l *line) string { return l.Name }},
	}
	flatTail = []field{
		{"method", func(l *line) string { return l.Method }},
		{"url", func(l *line) string { return l.URL }},
		{"final_url", func(l *line) string { return l.FinalURL }},
		{"host", (*line).host},
		{"ok", func(l *line) string { return strconv.FormatBool(l.answer.OK) }},
		{"status", func(l *line) string { return strconv.Itoa(l.Status) }},
		{"class", (*line).class},
		{"error", func(l *line) string { return l.answer.Error }},
		{"error_body", func(l *line) string { return l.ErrorBody }},
		{"attempts", func(l *line) string { return strconv.Itoa(l.TotalAttempts()) }},
		{"due_ms", func(l *line) string { return micros(&l.Due) }},
		{"queue_ms", func(l *line) string { return micros(&l.Queue) }},
		{"limiter_ms", func(l *line) string { return micros(&l.Limiter) }},
		{"service_ms", func(l *line) string { return micros(&l.Service) }},
		{"backoff_ms", func(l *line) string { return micros(&l.Backoff) }},
		{"response_ms", func(l *line) string { return micros(&l.Response) }},
		{"ttfb_ms", (*line).firstByte},
		{"bytes", func(l *line) string { return whole(l.Bytes) }},
		{"wire_bytes", func(l *line) string { return whole(l.WireBytes) }},
		{"content_type", func(l *line) string { return l.ContentType }},
		{"notes", func(l *line) string { return strings.Join(l.Notes, " ") }},
	}
	// flatMore are only written if asked for by name.
	flatMore = []field{
		{"latency_ms", func(l *line) string { return micros(&l.Service) }},
		{"file", func(l *line) string { return l.File }},
		{"digest", func(l *line) string { return l.Digest }},
		{"sha256", func(l *line) string { return l.SHA256 }},
		{"etag", func(l *line) string { return l.ETag }},
		{"id", func(l *line) string { return l.ID }},
	}
	allFields = slices.Concat(flatHead, flatTail, flatMore)
)

func (l *line) class() string {
	if l.OK && !l.answer.OK { // one row of a batch, itself successful
		return fetcher.KindExpect.String()
	}
	return l.Class
}

// host returns the host, for people without the default port of its scheme.
func (l *line) host() string {
	if scheme, _, ok := strings.Cut(l.URL, ":"); ok && l.people {
		return web.Origin{Scheme: scheme, Host: l.Host}.Shown()
	}
	return l.Host
}

func (l *line) firstByte() string {
	if l.Status == 0 {
		return ""
	}
	at := l.FirstByte()
	return micros(&at)
}

// FieldNames returns the names allowed in Options.Fields: the usual columns of a flat report, latency_ms (an
// alias of service_ms, which may also be written latency), file, digest, sha256, etag and id.
func FieldNames() []string { return namesOf(allFields) }

func namesOf(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// fieldNamed returns the field with a name; nil if there is none.
func fieldNamed(name string) *field {
	if name == "latency" {
		name = "latency_ms"
	}
	if i := slices.IndexFunc(allFields, func(f field) bool { return f.name == name }); i >= 0 {
		return &allFields[i]
	}
	return nil
}

// CheckFields returns an error for unknown or repeated names in Options.Fields, with a suggestion.
func CheckFields(names []string) error {
	for i, name := range names {
		f := fieldNamed(name)
		switch {
		case f == nil:
			hint, all := "", FieldNames()
			if near := nearest.To(name, append(all, "latency")); near != "" {
				hint = " did you mean " + near + "?"
			}
			return fmt.Errorf("there is no field %q:%s There are %s", name, hint, strings.Join(all, ", "))
		case slices.ContainsFunc(names[:i], func(before string) bool { return fieldNamed(before) == f }):
			return fmt.Errorf("field %q is there twice", name)
		}
	}
	return nil
}
