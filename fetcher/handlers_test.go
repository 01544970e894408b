package fetcher_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// bodies answers with what the query has as body, of the type and with the status that it has.
var bodies = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", q.Get("type"))
	if q.Has("missing") {
		w.WriteHeader(http.StatusNotFound)
	}
	if q.Has("cut") {
		w.Header().Set("Content-Length", "1000")
	}
	fmt.Fprint(w, q.Get("body"))
})

func TestBytes(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			most  int64
			query string
			want  string
			kind  fetcher.Kind
		}{
			{5, "body=whole", "whole", fetcher.KindNone},
			{4, "body=whole", "", fetcher.KindBodyTooLarge},
			{0, "body=whole", "whole", fetcher.KindNone},
			{fetcher.NoBound, "body=whole", "whole", fetcher.KindNone},
			{1<<63 - 1, "body=whole", "whole", fetcher.KindNone},
			{5, "", "", fetcher.KindNone},
			{5, "body=whole&missing", "", fetcher.KindHTTP4xx}, // which is no data
		} {
			f := &fetcher.Fetcher{Transport: inMemory(t, bodies), Handle: fetcher.Bytes(test.most)}
			r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/?" + test.query})
			if got := fetcher.ValueOf[[]byte](r); string(got) != test.want || r.Kind() != test.kind || r.Err == nil && got == nil {
				t.Errorf("Bytes(%d) of %s: %q, %v", test.most, test.query, got, r.Err)
			}
		}
	})
}

func TestJSON(t *testing.T) {
	type point struct{ X, Y int }
	bubble.Test(t, func(t *testing.T) {
		for body, want := range map[string]string{
			`{"x": 1, "y": 2} `:  "",
			`{"x": 1, "y": "2"}`: "expect: json: cannot unmarshal string into Go struct field point.Y of type int",
			`{"x": 1`:            "expect: unexpected EOF",
			`{} {}`:              "expect: something follows the JSON",
			`{} x`:               "expect: invalid character 'x' looking for beginning of value",
			``:                   "expect: the body is empty, and no JSON",
			`<html>`:             "expect: invalid character '<' looking for beginning of value",
		} {
			f := &fetcher.Fetcher{Transport: inMemory(t, echo(body)), Handle: fetcher.JSON[point]()}
			r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/"})
			switch {
			case want == "" && (r.Err != nil || fetcher.ValueOf[point](r) != point{1, 2}):
				t.Errorf("%s: %v, %v", body, r.Value, r.Err)
			case want != "" && (r.Value != nil || fmt.Sprint(r.Err) != want || len(r.Attempts) != 1):
				t.Errorf("%s: %v, %v after %d attempts", body, r.Value, r.Err, len(r.Attempts))
			}
		}
	})
}

func echo(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
}

// TestToFile: names are safe, all different and have an extension; no failure and nothing that was cut off leaves a file; what
// was there before the run is replaced.
func TestToFile(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "made", "of two")
		for range 2 {
			f := &fetcher.Fetcher{Workers: 1, Transport: inMemory(t, bodies), Handle: fetcher.ToFile(dir),
				Retry: fetcher.Retry{Max: fetcher.NoRetries}}
			list := listOf(
				&fetcher.Request{URL: "http://a.test/list.csv?body=1"},
				&fetcher.Request{URL: "http://a.test/b/LIST.csv?body=2"},
				&fetcher.Request{URL: "http://a.test/?body=3&type=text/html"},
				&fetcher.Request{URL: "http://a.test/x?body=4&type=application/json", Name: "../../etc/passwd"},
				&fetcher.Request{URL: "http://a.test/x?body=5", Name: ".fetch-1"},
				&fetcher.Request{URL: "http://a.test/x?body=6&key=secret", Name: "list-2.csv"},
				&fetcher.Request{URL: "http://a.test/missing.txt?body=no&missing"},
				&fetcher.Request{URL: "http://a.test/cut.txt?body=no&cut"},
			)
			var got []string
			for r, err := range f.Run(t.Context(), list) {
				if err != nil {
					t.Fatal(err)
				}
				if failed := r.Seq > 6; failed != (r.Err != nil) {
					t.Errorf("request %d: %v", r.Seq, r.Err)
				}
				if r.Err == nil {
					text, err := os.ReadFile(fetcher.ValueOf[string](r))
					if string(text) != fmt.Sprint(r.Seq) || err != nil {
						t.Errorf("request %d: %q, %v", r.Seq, text, err)
					}
				}
			}
			files, err := os.ReadDir(dir)
			for _, f := range files {
				got = append(got, f.Name())
			}
			want := []string{"LIST-2.csv", "_._.._etc_passwd.json", "_fetch-1", "a.test.html", "list-2-2.csv", "list.csv"}
			if !slices.Equal(got, want) || err != nil {
				t.Errorf("the files are %q, want %q; %v", got, want, err)
			}
		}
	})
}

// A folder that cannot be written to ends the run.
func TestToFileNowhere(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		f := &fetcher.Fetcher{Workers: 1, LookAhead: 1, Transport: inMemory(t, bodies), Handle: fetcher.ToFile(file)}
		results, err := gather(t, f.Run(t.Context(), repeat(50, "http://a.test/?body=1")))
		if !errors.Is(err, fetcher.KindWrite) || len(results) != 1 || !errors.Is(results[0].Err, fetcher.KindWrite) {
			t.Errorf("%d results, %v", len(results), err)
		}
	})
}

// Fatal ends the run with its error; what is in flight is still yielded.
func TestFatal(t *testing.T) {
	found := errors.New("found")
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 3, Transport: inMemory(t, delays), Handle: func(r *fetcher.Result, _ *http.Response) error {
			if r.Seq == 2 {
				return fmt.Errorf("in the handler: %w", fetcher.Fatal(found))
			}
			return nil
		}}
		results, err := gather(t, f.Run(t.Context(), fetcher.URLs(append([]string{"http://a.test/2s"},
			slices.Repeat([]string{"http://a.test/1s"}, 100)...)...)))
		if !errors.Is(err, found) || len(results) > 4 {
			t.Errorf("%d results, %v", len(results), err)
		}
		for _, r := range results {
			if bad := r.Seq == 2; errors.Is(r.Err, found) != bad || !bad && r.Err != nil {
				t.Errorf("request %d: %v", r.Seq, r.Err)
			}
		}
	})
}

// ErrStopReading is a success, even of a body without an end, which then is let go of.
func TestStopReading(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		endless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			fmt.Fprintln(w, strings.Repeat("x", 100))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		f := &fetcher.Fetcher{Transport: inMemory(t, endless), Handle: func(r *fetcher.Result, resp *http.Response) error {
			head := make([]byte, 10)
			_, err := resp.Body.Read(head)
			r.Value = string(head)
			return errors.Join(err, fetcher.ErrStopReading)
		}}
		r := f.Do(context.Background(), &fetcher.Request{URL: "http://a.test/"})
		if r.Err != nil || r.Value != "xxxxxxxxxx" || r.Bytes != 10 || r.Service > 0 {
			t.Errorf("%v, %q, %d bytes in %v", r.Err, r.Value, r.Bytes, r.Service)
		}
		<-ended
	})
}
