package list

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// digestFiles are the files of the lists below.
var digestFiles = map[string]string{
	"list.txt": "http://a.test/1\nhttp://a.test/2\n", "other.txt": "http://a.test/3\n",
	"rows.csv": "id\n1\n2\n", "values.txt": "x\ny\n",
}

func digestOf(t *testing.T, o Options, args ...string) string {
	t.Helper()
	sum, err := mustOpen(t, nil, o, args...).Digest(t.Context(), nil)
	if err != nil || len(sum) != 64 {
		t.Fatalf("%v: %q, %v", args, sum, err)
	}
	return sum
}

// Two lists that differ in anything have two digests, and none is that of the list cut elsewhere.
func TestDigestsDiffer(t *testing.T) {
	inDir(t, digestFiles)
	byDigest := map[string]string{}
	see := func(what string, o Options, args ...string) {
		t.Helper()
		sum := digestOf(t, o, args...)
		if before, ok := byDigest[sum]; ok {
			t.Errorf("%s is like %s", what, before)
		}
		byDigest[sum] = what
	}
	see("a file", Options{}, "list.txt")
	see("two files", Options{}, "list.txt", "other.txt")
	see("the other way round", Options{}, "other.txt", "list.txt")
	see("a URL", Options{}, "http://a.test/1")
	see("two URLs", Options{}, "http://a.test/1", "http://a.test/2")
	see("dedupe", Options{Dedupe: true}, "list.txt")
	see("cookies", Options{Cookies: true}, "list.txt")
	see("skip bad", Options{SkipBad: true}, "list.txt")
	see("a format", Options{Format: "lines"}, "list.txt")
	const url = "http://a.test/{id}"
	see("rows", Options{Rows: "rows.csv"}, url)
	see("a batch", Options{Rows: "rows.csv", Batch: template.Batch{Column: "id", Size: 2}}, url)
	see("a smaller batch", Options{Rows: "rows.csv", Batch: template.Batch{Column: "id", Size: 1}}, url)
	see("a set", Options{Set: []string{"id=1..2"}}, url)
	see("a longer set", Options{Set: []string{"id=1..3"}}, url)
	see("a set of a file", Options{Set: []string{"id=@values.txt"}}, url)
	see("two sets", Options{Set: []string{"id=1..2", "x=1"}}, url+"{x}")
	see("two sets, the other way round", Options{Set: []string{"x=1", "id=1..2"}}, url+"{x}")
	see("a set and rows", Options{Rows: "rows.csv", Set: []string{"x=1"}}, url+"{x}")
	for name, text := range map[string]string{"list.txt": "http://a.test/1\nhttp://a.test/4\n", "rows.csv": "id\n1\n3\n", "values.txt": "x\nz\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	see("another file", Options{}, "list.txt")
	see("other rows", Options{Rows: "rows.csv"}, url)
	see("a set of another file", Options{Set: []string{"id=@values.txt"}}, url)
}

// Names and times of files say nothing, as long as they are read in the same format.
func TestDigestIsOfContent(t *testing.T) {
	files := maps.Clone(digestFiles)
	files["renamed.list"], files["renamed.csv"], files["renamed.values"] = files["list.txt"], files["rows.csv"], files["values.txt"]
	inDir(t, files)
	for _, pair := range [][2]string{
		{digestOf(t, Options{}, "list.txt"), digestOf(t, Options{}, "renamed.list")},
		{digestOf(t, Options{}, "list.txt"), digestOf(t, Options{}, filepath.Join(".", "x", "..", "list.txt"))},
		{digestOf(t, Options{Rows: "rows.csv"}, "http://a.test/{id}"), digestOf(t, Options{Rows: "renamed.csv"}, "http://a.test/{id}")},
		{digestOf(t, Options{Set: []string{"id=@values.txt"}}, "http://a.test/{id}"), digestOf(t, Options{Set: []string{"id=@renamed.values"}}, "http://a.test/{id}")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s, %s", pair[0], pair[1])
		}
	}
}

// What is read only once has no digest, and is not touched.
func TestDigestOfStreams(t *testing.T) {
	inDir(t, digestFiles)
	for name, l := range map[string]*List{
		"stdin":     mustOpen(t, strings.NewReader(digestFiles["list.txt"]), Options{}, "list.txt", "-"),
		"rows":      mustOpen(t, strings.NewReader("id,n\n1,1\n2,2\n"), Options{Rows: "-"}, "http://a.test/{id}"),
		"templates": mustOpen(t, strings.NewReader("http://a.test/{id}"), Options{Rows: "rows.csv"}, "-"),
	} {
		if sum, err := l.Digest(t.Context(), nil); sum != "" || err != nil {
			t.Errorf("%s: %q, %v", name, sum, err)
		}
		if got, err := read(l); len(got) < 2 || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// What the mask leaves out makes no difference; the mask sees what was given on the command line and nothing else.
func TestDigestMasks(t *testing.T) {
	inDir(t, digestFiles)
	digest := func(password string) string {
		l := mustOpen(t, nil, Options{Set: []string{"id=1", "key=" + password, "file=@values.txt"}}, "http://me:"+password+"@a.test/{id}{key}{file}")
		var seen []string
		sum, err := l.Digest(t.Context(), func(text string) string {
			seen = append(seen, text)
			return strings.ReplaceAll(text, password, "***")
		})
		if err != nil || len(seen) != 3 {
			t.Errorf("%q, %v", seen, err)
		}
		return sum
	}
	if digest("one") != digest("two") {
		t.Error("the digest tells of the password")
	}
}

func TestDigestErrors(t *testing.T) {
	inDir(t, digestFiles)
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	l := mustOpen(t, nil, Options{Rows: "rows.csv", Set: []string{"x=@values.txt"}}, "http://a.test/{id}{x}")
	if sum, err := l.Digest(ctx, nil); sum != "" || err != stopped {
		t.Errorf("%q, %v", sum, err)
	}
	for _, name := range []string{"values.txt", "rows.csv"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if sum, err := l.Digest(t.Context(), nil); sum != "" || !errors.Is(err, format.ErrInput) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %q, %v", name, sum, err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	const size = 64 << 20
	name := filepath.Join(b.TempDir(), "list.txt")
	const line = "http://a.test/some/path/of/usual/length?id=12345\n"
	if err := os.WriteFile(name, []byte(strings.Repeat(line, size/len(line))), 0o600); err != nil {
		b.Fatal(err)
	}
	l, err := Open(b.Context(), []string{name}, nil, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Digest(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
}
