package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

var testStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newLeg is a part that began some minutes after testStart, on a list of a length; -1 is not known.
func newLeg(minutes int, requests int64) *Leg {
	part := &Leg{Started: testStart.Add(time.Duration(minutes) * time.Minute), Version: "1", PID: os.Getpid(), Command: "run", Flags: []Flag{{Name: "retries", Value: "2"}}}
	if requests >= 0 {
		part.List.Requests = &requests
	}
	return part
}

// newRecord is a record that began at a second of its part and took another.
func newRecord(seq int64, page int, second int) *record.Record {
	at := record.Micros(second) * 1e6
	return &record.Record{
		Seq: seq, Page: page, ID: testID(uint64(seq)), Method: "GET", URL: fmt.Sprintf("http://h.test/%d", seq),
		FinalURL: fmt.Sprintf("http://h.test/%d", seq), Host: "h.test:80", OK: true, Status: 200,
		Attempts: []record.Attempt{{Start: at + 1, Status: 200, Hops: []record.Hop{{
			URL: "http://h.test/", Host: "h.test:80", Status: 200, Start: at + 2, Phases: record.Phases{Wait: 999_999}}}}},
		Due: at, Queue: 1, Service: 999_999, Response: 1e6, Bytes: 10,
	}
}

// write makes a journal of lines: parts, records, events and ends.
func write(t testing.TB, lines ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	var w *Writer
	for i, line := range lines {
		var err error
		switch line := line.(type) {
		case *Leg:
			if i == 0 {
				w, err = begin(path, line, false, Options{})
			} else {
				err = w.begin(line)
			}
		case *record.Record:
			err = w.Append(line, nil)
		case *Event:
			err = w.Event(line)
		case *End:
			err = w.End(line)
		default:
			t.Fatalf("%T", line)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *Journal {
	t.Helper()
	j, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// collect reads to the end or the first error.
func collect(records iter.Seq2[*record.Record, error]) (all []*record.Record, err error) {
	for r, err := range records {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

// summaries are records as "seq.page@due", with the time in seconds.
func summaries(t testing.TB, records iter.Seq2[*record.Record, error]) string {
	t.Helper()
	all, err := collect(records)
	if err != nil {
		t.Error(err)
	}
	var parts []string
	for _, r := range all {
		parts = append(parts, fmt.Sprintf("%d.%d@%v", r.Seq, r.Page, r.Due.Duration().Seconds()))
	}
	return strings.Join(parts, " ")
}

func fileText(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asJSON is v for comparison.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// wantWriteFailure checks that an error ends a run and says some things.
func wantWriteFailure(t testing.TB, err error, parts ...string) {
	t.Helper()
	if e, ok := errors.AsType[*fetcher.Error](err); !ok || e.Kind != fetcher.KindWrite {
		t.Fatalf("%v is not of KindWrite", err)
	}
	wantText(t, err, parts...)
}

func wantText(t testing.TB, err error, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("%v does not say %q", err, p)
		}
	}
}

// begin is Create and Begin.
func begin(path string, part *Leg, fresh bool, o Options) (*Writer, error) {
	f, err := Create(path, fresh)
	if err != nil {
		return nil, err
	}
	return f.Begin(part, o)
}

// goOn is Continue, with a Writer in which the part has yet to begin.
func goOn(ctx context.Context, path string, o Options) (*Writer, *Journal, error) {
	f, j, err := Continue(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	w := newWriter(path, f.file, f.size, o)
	w.start()
	return w, j, nil
}

// begin appends the line of a later part.
func (w *Writer) begin(part *Leg) error {
	l := *part
	l.Type, l.V = TypeResume, Version
	return w.appendAndWait(&l)
}
