package measure

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

// asked gives results of requests, each of which took longer than the one before by 1 ms.
func asked(requests ...*fetcher.Request) []*fetcher.Result {
	var results []*fetcher.Result
	for i, request := range requests {
		r := answered(0, time.Duration(i+1)*time.Millisecond, time.Millisecond)
		r.Request = request
		results = append(results, r)
	}
	return results
}

// names lists the groups with how many were a success.
func names(s *LoadSummary) []string {
	var all []string
	for _, g := range s.Groups {
		all = append(all, fmt.Sprintf("%s %s: %d", g.By, g.Name, g.OK))
	}
	return all
}

func TestGroups(t *testing.T) {
	row := func(v string) fetcher.Row { return fetcher.Row{{Column: "kind", Value: v}} }
	results := asked(
		&fetcher.Request{URL: "http://one.test/a", Row: row("x")},
		&fetcher.Request{URL: "http://one.test/b", Row: row("y")},
		&fetcher.Request{URL: "http://one.test/b", Row: row("y")},
		&fetcher.Request{URL: "http://one.test/b"},
		&fetcher.Request{URL: "http://one.test/c"}, // given up
	)
	results[4].Err = &fetcher.Error{Kind: fetcher.KindCanceled}
	results[1].Err, results[1].Status = &fetcher.Error{Kind: fetcher.KindHTTP5xx}, 500
	s := run(LoadConfig{Beginning: begun(Asked{GroupBy: "kind"})}, results, time.Second, nil).Finish(Final{})
	want := []string{"url http://one.test/b: 2", "url http://one.test/a: 1", "host one.test:80: 3", "kind y: 1", "kind (none): 1", "kind x: 1"}
	if diff := cmp.Diff(want, names(s)); diff != "" {
		t.Error(diff)
	}
	b := s.Groups[0]
	if b.Failed != 1 || b.Bytes != 3000 || b.Response.OK.N != 2 || *b.Response.OK.Max != millis(4) || *b.Response.Failed.Max != millis(2) || *b.Service.OK.Max != millis(1) {
		t.Errorf("%+v", b)
	}
}

func TestMethodsAreToldApart(t *testing.T) {
	results := asked(&fetcher.Request{URL: "http://one.test/"}, &fetcher.Request{URL: "http://one.test/", Method: "POST"}, &fetcher.Request{URL: "http://one.test/"})
	s := run(LoadConfig{Beginning: begun(Asked{})}, results, time.Second, nil).Finish(Final{})
	if diff := cmp.Diff([]string{"url http://one.test/: 2", "url POST http://one.test/: 1", "host one.test:80: 3"}, names(s)); diff != "" {
		t.Error(diff)
	}
}

// A threshold may be about the only URL, the only host, or the only value there is.
func TestGroupsAreAlwaysThere(t *testing.T) {
	results := asked(&fetcher.Request{URL: "http://one.test/", Row: fetcher.Row{{Column: "kind", Value: "x"}}})
	s := run(LoadConfig{Beginning: begun(Asked{GroupBy: "kind"})}, results, time.Second, nil).Finish(Final{})
	if diff := cmp.Diff([]string{"url http://one.test/: 1", "host one.test:80: 1", "kind x: 1"}, names(s)); diff != "" {
		t.Error(diff)
	}
}

func TestColumnTakesThePlaceOfADimension(t *testing.T) {
	row := func(v string) fetcher.Row { return fetcher.Row{{Column: "url", Value: v}} }
	results := asked(&fetcher.Request{URL: "http://one.test/a", Row: row("http://one.test/a")}, &fetcher.Request{URL: "http://one.test/b", Row: row("?")})
	s := run(LoadConfig{Beginning: begun(Asked{GroupBy: "url"})}, results, time.Second, nil).Finish(Final{})
	if diff := cmp.Diff([]string{"host one.test:80: 2", "url ?: 1", "url http://one.test/a: 1"}, names(s)); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsTellNoSecrets(t *testing.T) {
	const password = "hunter22"
	rules := secret.NewRules("pw")
	for _, column := range []string{"pw", "kind"} {
		var results []*fetcher.Result
		for i := range 3 {
			results = append(results, asked(&fetcher.Request{
				URL: fmt.Sprintf("http://one.test/%d?api_key=%s", i, password), Tag: &secret.Origin{Rules: rules},
				Row: fetcher.Row{{Column: "pw", Value: password}, {Column: "kind", Value: "C[C@H](O)C"}},
			})...)
		}
		s := run(LoadConfig{Beginning: begun(Asked{GroupBy: column})}, results, time.Second, nil).Finish(Final{})
		text := mustJSON(t, s)
		if len(s.Groups) != 5 || strings.Contains(text, password) || strings.Contains(text, "C[C@H](O)C") != (column == "kind") {
			t.Errorf("by %s: %v", column, names(s))
		}
	}
}

func TestGroupsAreBounded(t *testing.T) {
	var requests []*fetcher.Request
	for i := range maxGroups + 500 {
		requests = append(requests, &fetcher.Request{URL: fmt.Sprintf("http://one.test/%d", i)})
	}
	for i := range maxKeys + 500 { // one name, but ever new keys
		requests = append(requests, &fetcher.Request{URL: fmt.Sprintf("http://one.test/0?token=%d", i)})
	}
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	for _, r := range asked(requests...) {
		r.Response = time.Millisecond
		c.Add(r)
	}
	if n := len(c.groups[0].byKey); n > maxKeys {
		t.Errorf("%d keys", n)
	}
	s := c.Finish(Final{})
	var total int64
	urls := slices.DeleteFunc(s.Groups, func(g Group) bool { return g.By != ByURL })
	for _, g := range urls {
		total += g.OK
	}
	if last := urls[len(urls)-1]; len(urls) != maxGroups+1 || last.Name != others || total != int64(len(requests)) {
		t.Errorf("%d groups of %d requests, the last %s", len(urls), total, last.Name)
	}
}

// URLs of which only what is masked differs are of one group, however many there are.
func TestMaskedURLsAreOneGroup(t *testing.T) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	const many = 30_000
	for i := range many {
		for _, path := range []string{"a", "b"} {
			r := answered(0, time.Millisecond, time.Millisecond)
			r.Request = &fetcher.Request{URL: fmt.Sprintf("http://one.test/%s?api_key=%d", path, i)}
			c.Add(r)
		}
	}
	want := []string{fmt.Sprintf("url http://one.test/a?api_key=***: %d", many), fmt.Sprintf("url http://one.test/b?api_key=***: %d", many), fmt.Sprintf("host one.test:80: %d", 2*many)}
	if diff := cmp.Diff(want, names(c.Finish(Final{}))); diff != "" {
		t.Error(diff)
	}
}

// What was wrong first in each class is told, without secrets, live as from a journal.
func TestErrorsAreExamples(t *testing.T) {
	results := asked(&fetcher.Request{URL: "http://one.test/?api_key=hunter22"}, &fetcher.Request{URL: "http://one.test/?api_key=hunter22"}, &fetcher.Request{URL: "http://one.test/"})
	for i, text := range []string{"dial http://one.test/?api_key=hunter22: refused", "another", strings.Repeat("é", 400)} {
		kind := fetcher.KindConnect
		if i == 2 {
			kind = fetcher.KindTLS
		}
		results[i].Err, results[i].Status = &fetcher.Error{Kind: kind, Err: errors.New(text)}, 0
		results[i].Attempts = []fetcher.Attempt{{Err: results[i].Err.(*fetcher.Error)}}
	}
	s := run(LoadConfig{Beginning: begun(Asked{})}, results, time.Second, nil).Finish(Final{})
	if text := s.Errors["connect"]; !strings.Contains(text, "refused") || strings.Contains(text, "hunter22") {
		t.Errorf("connect: %s", text)
	}
	if text := s.Errors["tls"]; len(text) > maxErrorText+len("…") || !utf8.ValidString(text) || len(s.Errors) != 2 {
		t.Errorf("%d classes, tls: %s", len(s.Errors), text)
	}
}
