package list

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
)

func TestDedupe(t *testing.T) {
	inDir(t, map[string]string{
		"a.txt": "one http://a/1\ntwo http://A:80/1\nhttp://a/%7Ex%2f\nhttp://a/~x%2F\nhttps://a\nhttps://a:443/\nhttp://a:443/\n",
		"b.jsonl": `{"url":"http://a/1","method":"get"}
{"url":"http://a/1","method":"HEAD"}
{"url":"http://a/1","header":{"X":"y","A":"b"}}
{"url":"http://a/1","header":{"a":["b"],"x":"y"},"name":"other","row":{"a":"b"}}
{"url":"http://a/1","header":{"X":["y","A","b"]}}
{"url":"http://a/1","body":"x"}
{"url":"http://a/1","body":"x","method":"POST"}
{"url":"http://a/1","body":"y"}
x
x
`,
	})
	o := Options{Dedupe: true, SkipBad: true}
	l := mustOpen(t, nil, o, "a.txt", "b.jsonl", "a.txt", "http://a/1")
	want := []string{
		"1 one http://a/1", "2 http://a/%7Ex%2f", "3 https://a", "4 http://a:443/", "5 http://a/1", "6 http://a/1", "7 http://a/1", "8 http://a/1", "9 http://a/1",
		"10 ! b.jsonl 9", "11 ! b.jsonl 10",
	}
	for range 2 {
		if n, known := l.Total(); n != 11 || !known || l.Duplicates() != 14 {
			t.Errorf("Total %d, %v; %d duplicates", n, known, l.Duplicates())
		}
		wantRequests(t, l, want...)
	}

	l = mustOpen(t, strings.NewReader("http://b/\nhttp://a/1\nhttp://b/\n"), o, "-", "a.txt")
	wantRequests(t, l, "1 http://b/", "2 http://a/1", "3 http://a/%7Ex%2f", "4 https://a", "5 http://a:443/")
	if l.Duplicates() != 5 {
		t.Errorf("%d duplicates", l.Duplicates())
	}

	l = mustOpen(t, nil, Options{}, "http://a/", "http://a/")
	wantRequests(t, l, "1 http://a/", "2 http://a/")
	if l.Duplicates() != 0 {
		t.Errorf("%d duplicates", l.Duplicates())
	}
}

// A body that cannot be read is not known to be the same as another.
func TestUnreadableBodiesDiffer(t *testing.T) {
	s := (&List{options: Options{Dedupe: true}}).newSeen()
	for range 2 {
		req := &fetcher.Request{URL: "http://h/", Body: func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }}
		if s.again(req) {
			t.Error("taken for the same")
		}
	}
}

func BenchmarkDedupe(b *testing.B) {
	s := (&List{options: Options{Dedupe: true}}).newSeen()
	req := &fetcher.Request{Header: map[string][]string{"User-Agent": {"fetch"}, "Accept": {"*/*"}}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		req.URL = fmt.Sprintf("https://api.example.com/v1/items/%d?format=json", i)
		s.again(req)
	}
}
