package sync_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/sync"
)

func TestReport(t *testing.T) {
	for _, tt := range []struct {
		c          sync.Change
		text, json string
	}{
		{sync.Change{Outcome: sync.Changed, File: "a.json", URL: "http://h/a"}, "changed    a.json  http://h/a\n", `{"outcome":"changed","file":"a.json","url":"http://h/a"}` + "\n"},
		{sync.Change{Outcome: sync.Failed, URL: "http://h/<b>", Error: "http 5xx: \x1b[31m\u202e\xff"},
			"failed     -  http://h/<b>  http 5xx: \\x1b[31m\\u202e\\xff\n",
			`{"outcome":"failed","file":"","url":"http://h/<b>","error":"http 5xx: \u001b[31m\u202e\ufffd"}` + "\n"},
	} {
		check(t, "text", string(tt.c.AppendText(nil)), tt.text)
		check(t, "json", string(tt.c.AppendJSON(nil)), tt.json)
	}
	s := summary(true, map[sync.Outcome]int64{sync.Added: 3, sync.Unchanged: 95, sync.Conflict: 1, sync.Unlisted: 2})
	check(t, "text", string(s.AppendText(nil)), "3 new · 0 changed · 95 unchanged · 0 gone · 1 in conflict · 2 no longer in the list, left unchanged\n")
	check(t, "json", string(s.AppendJSON(nil)), `{"type":"summary","v":1,"new":3,"changed":0,"unchanged":95,"gone":0,"conflict":1,"failed":0,"canceled":0,"unlisted":2,"list_ended":true}`+"\n")
}

func TestDoneOfWhatWasCutOff(t *testing.T) {
	m, err := sync.Open(sync.Options{Dir: t.TempDir(), Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for kind, want := range map[fetcher.Kind]sync.Outcome{fetcher.KindCanceled: sync.Canceled, fetcher.KindDeadline: sync.Canceled, fetcher.KindConnect: sync.Failed} {
		req := &fetcher.Request{URL: "http://h/?token=secret"}
		c := m.Done(&fetcher.Result{Request: req, Err: &fetcher.Error{Kind: kind, Err: errors.New("secret")}})
		if c.Outcome != want || c.URL != "http://h/?token=***" || strings.Contains(c.Error, "secret") {
			t.Errorf("%v: %+v", kind, c)
		}
	}
}
