package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
)

// The columns of a flat report that every result has: before those of the list's own rows, and after them.
var (
	flatHead = []string{"seq", "page", "name"}
	flatTail = []string{
		"method", "url", "final_url", "host", "ok", "status", "class", "error", "attempts", "due_ms", "queue_ms", "limiter_ms",
		"service_ms", "backoff_ms", "response_ms", "ttfb_ms", "bytes", "wire_bytes", "content_type", "notes",
	}
	// flatMore are there only when they are asked for.
	flatMore = []string{"latency_ms", "file", "digest", "sha256", "etag", "id"}
)

// FieldNames lists the names that Options.Fields may have: those of the usual columns of a flat report, latency_ms
// (which is service_ms, and may be written latency), file, digest, sha256, etag and id.
func FieldNames() []string { return slices.Concat(flatHead, flatTail, flatMore) }

// CheckFields says what is wrong with names for Options.Fields, and which name may have been meant.
func CheckFields(names []string) error {
	all := FieldNames()
	for i, name := range names {
		name = fieldName(name)
		switch {
		case !slices.Contains(all, name):
			hint := ""
			if near := nearest.To(name, append(all, "latency")); near != "" {
				hint = " did you mean " + near + "?"
			}
			return fmt.Errorf("there is no field %q:%s There are %s", names[i], hint, strings.Join(all, ", "))
		case slices.ContainsFunc(names[:i], func(before string) bool { return fieldName(before) == name }):
			return fmt.Errorf("field %q is there twice", names[i])
		}
	}
	return nil
}

// fieldName is the full name of a field.
func fieldName(name string) string {
	if name == "latency" {
		return "latency_ms"
	}
	return name
}

// line is what a line of a flat report is about: a record, and one of its answers.
type line struct {
	*record.Record
	answer *record.Answer
}

func (l *line) field(field string) string {
	switch field {
	case "seq":
		return strconv.FormatInt(l.Seq, 10)
	case "page":
		return strconv.Itoa(l.Page)
	case "id":
		return l.ID
	case "name":
		return l.Name
	case "method":
		return l.Method
	case "url":
		return l.URL
	case "final_url":
		return l.FinalURL
	case "host":
		return l.Host
	case "ok":
		return strconv.FormatBool(l.answer.OK)
	case "status":
		return strconv.Itoa(l.Status)
	case "class":
		if l.OK && !l.answer.OK { // a row of a batch, by itself
			return fetcher.KindExpect.String()
		}
		return l.Class
	case "error":
		return l.answer.Error
	case "attempts":
		return strconv.Itoa(l.TotalAttempts())
	case "due_ms":
		return milliseconds(l.Due)
	case "queue_ms":
		return milliseconds(l.Queue)
	case "limiter_ms":
		return milliseconds(l.Limiter)
	case "service_ms", "latency_ms":
		return milliseconds(l.Service)
	case "backoff_ms":
		return milliseconds(l.Backoff)
	case "response_ms":
		return milliseconds(l.Response)
	case "ttfb_ms":
		if l.Status == 0 {
			return ""
		}
		return milliseconds(l.FirstByte())
	case "bytes":
		return strconv.FormatInt(l.Bytes, 10)
	case "wire_bytes":
		return strconv.FormatInt(l.WireBytes, 10)
	case "content_type":
		return l.ContentType
	case "etag":
		return l.ETag
	case "digest":
		return l.Digest
	case "sha256":
		return l.SHA256
	case "file":
		return l.File
	case "notes":
		return strings.Join(l.Notes, " ")
	}
	return "" // CheckFields knows no other
}

func milliseconds(m record.Micros) string {
	text, _ := m.AppendText(nil) // never fails
	return string(text)
}
