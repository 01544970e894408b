package journal_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/journal"
)

func TestOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	file, err := journal.Create(path, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := file.Begin(&journal.Leg{Started: time.Unix(1, 0).UTC(), Version: "1", Command: "load"}, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{"type":"load","n":1}`, `{"type":"load","n":2,"long":"` + strings.Repeat("x", 200_000) + `"}`}
	for _, line := range []string{want[0] + "\n", `{"type":"later"}`, want[1]} {
		if err := w.Line([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(&journal.End{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Line([]byte(want[0])); err == nil {
		t.Error("a line could be put into a journal that is closed")
	}

	j, err := journal.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line, err := range j.Others(context.Background(), "load") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !j.HasEnded() || j.Begun != 0 {
		t.Errorf("ended: %v, begun: %d; the lines are no records", j.HasEnded(), j.Begun)
	}
}
