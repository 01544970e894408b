package fetcher

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestOnceIsAsOften: a request that is neither retried nor redirected has the same result whether it goes through the
// layers for that or past them.
func TestOnceIsAsOften(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Location", r.URL.Query().Get("location"))
		switch r.URL.Path {
		case "/moved":
			w.WriteHeader(http.StatusFound)
		case "/moved-with-content":
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "/busy":
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/lost":
			panic(http.ErrAbortHandler)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "part")
			panic(http.ErrAbortHandler)
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
		case "/switched":
			c, _, _ := http.NewResponseController(w).Hijack()
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: pigeon\r\nConnection: Upgrade\r\n\r\n")
			c.Close()
			return
		case "/slow":
			<-r.Context().Done()
		case "/user":
			user, password, _ := r.BasicAuth()
			io.WriteString(w, user+password)
		}
		io.WriteString(w, r.Method+r.Host+r.Header.Get("X")+r.Header.Get("Accept-Encoding")+string(body))
	}))
	s.Config.ErrorLog = quietLog
	defer s.Close()
	body := func(text string, err error) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), err }
	}
	for name, req := range map[string]*Request{
		"GET":                   {URL: s.URL},
		"header":                {URL: s.URL, Header: http.Header{"X": {"y"}, "host": {"other.test"}}},
		"HEAD":                  {URL: s.URL, Method: "HEAD"},
		"POST":                  {URL: s.URL, Method: "POST", Body: body("content", nil)},
		"POST that cannot open": {URL: s.URL, Method: "POST", Body: body("", errors.New("no such file"))},
		"user":                  {URL: strings.Replace(s.URL, "//", "//user:word@", 1) + "/user"},
		"moved":                 {URL: s.URL + "/moved?location=/there"},
		"moved to nowhere":      {URL: s.URL + "/moved"},
		"moved to no URL":       {URL: s.URL + "/moved?location=http://%25zz/"},
		"moved with content":    {URL: s.URL + "/moved-with-content?location=/there", Method: "POST", Body: body("content", nil)},
		"busy":                  {URL: s.URL + "/busy"},
		"lost":                  {URL: s.URL + "/lost"},
		"cut":                   {URL: s.URL + "/cut"},
		"early hints":           {URL: s.URL + "/early"},
		"switched":              {URL: s.URL + "/switched"},
		"disk full":             {URL: s.URL, Name: "disk full"},
		"disk full, and busy":   {URL: s.URL + "/busy", Name: "disk full"},
		"not as expected":       {URL: s.URL, Name: "not as expected"},
		"https to an http port": {URL: strings.Replace(s.URL, "http:", "https:", 1)},
		"too slow":              {URL: s.URL + "/slow", Timeout: 20 * time.Millisecond},
		"refused":               {URL: "http://" + unused(t)},
	} {
		t.Run(name, func(t *testing.T) {
			var seen [2]outcome
			for i, once := range []bool{true, false} {
				var asked []string // what the policy was asked about
				policy := func(r *Result) bool {
					asked = append(asked, fmt.Sprint(r.Status, r.Attempts[0].Err, r.Value))
					return true
				}
				f := &Fetcher{Retry: Retry{Max: -1, Policy: policy}, MaxRedirects: -1, Handle: func(r *Result, resp *http.Response) error {
					body, err := io.ReadAll(resp.Body)
					r.Value = string(body)
					switch r.Request.Name {
					case "disk full":
						return &Error{Kind: KindWrite, Err: errors.New("no space left")}
					case "not as expected":
						return errors.New("not what was expected")
					}
					return err
				}}
				if e := f.started(); !e.sendsOnce {
					t.Fatal("it is not known that everything is sent once")
				} else {
					e.sendsOnce = once
				}
				seen[i] = outcomeOf(f.Do(within(t, 5*time.Second), req))
				seen[i].asked = asked
				f.Close()
			}
			if !reflect.DeepEqual(seen[0], seen[1]) {
				t.Errorf("sent once:  %+v\nsent often: %+v", seen[0], seen[1])
			}
		})
	}
}

// outcome is what of a result does not depend on the time that it took.
type outcome struct {
	kind     Kind
	text     string
	url      string
	status   int
	header   http.Header
	bytes    [2]int64
	value    any
	notes    []string
	attempts int
	hops     []Hop
	asked    []string
}

func outcomeOf(r *Result) outcome {
	o := outcome{kind: kindIn(r.Err), url: r.FinalURL, status: r.Status, header: r.Header.Clone(), bytes: [2]int64{r.Bytes, r.WireBytes},
		value: r.Value, notes: r.Notes, attempts: len(r.Attempts)}
	if r.Err != nil {
		o.text = r.Err.Error()
	}
	o.header.Del("Date")
	for _, a := range r.Attempts {
		for _, h := range a.Hops {
			o.hops = append(o.hops, Hop{URL: h.URL, Host: h.Host, Status: h.Status, Proto: h.Proto})
		}
	}
	return o
}

// TestOnceOnlyIfNothingMore: what may be retried or redirected goes the long way.
func TestOnceOnlyIfNothingMore(t *testing.T) {
	for _, f := range []*Fetcher{{}, {Retry: Retry{Max: -1}}, {MaxRedirects: -1}} {
		if f.started().sendsOnce {
			t.Errorf("%d retries and %d redirects are not thought of", f.Retry.Max, f.MaxRedirects)
		}
	}
}
