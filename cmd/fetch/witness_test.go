package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"example.com/fetch/internal/secret/secrettest"
)

// witness is a server that remembers what it was sent.
type witness struct {
	refuses bool // what it is asked to

	mu   sync.Mutex
	seen []sent
}

// sent is one request as the witness saw it.
type sent struct {
	Method string      `json:"method"`
	Host   string      `json:"host"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

func (w *witness) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.seen = append(w.seen, sent{r.Method, r.Host, r.RequestURI, r.Header, string(body)})
	w.mu.Unlock()
	target := r.URL.Query().Get("url")
	switch r.URL.Path {
	case "/to":
		code, err := strconv.Atoi(r.URL.Query().Get("code"))
		if err != nil {
			code = http.StatusFound
		}
		http.Redirect(answer, r, target, code)
	case "/leak", "/end": // it repeats all that it was sent, in every spelling
		var all strings.Builder
		all.WriteString(r.RequestURI + " " + string(body))
		for name, values := range r.Header {
			all.WriteString(" " + name + " " + strings.Join(values, " "))
		}
		quoted, _ := json.Marshal(all.String())
		header := answer.Header()
		header.Set("Etag", `"`+base64.StdEncoding.EncodeToString([]byte("x"))+url.PathEscape(all.String())+`"`)
		header.Set("Content-Type", "text/plain; x="+all.String())
		if r.URL.Path == "/leak" {
			header.Set("Location", "/end?a="+url.QueryEscape(all.String())+"&b="+url.PathEscape(all.String())+"&c="+url.QueryEscape(url.QueryEscape(all.String()))+"&d="+url.QueryEscape(string(quoted)))
			answer.WriteHeader(http.StatusFound)
		}
	case "/refuse": // it names its limits after what it was sent
		if !w.refuses {
			return
		}
		for field, values := range r.Header {
			if field == "Authorization" || field == "Cookie" || strings.HasPrefix(field, "X-") {
				echo := strings.Join(values, " ")
				answer.Header().Set("X-RateLimit-Bucket", echo)
				answer.Header().Set("RateLimit", strconv.Quote(echo)+";r=0")
			}
		}
		answer.Header().Set("X-RateLimit-Remaining", "0")
		answer.Header().Set("Retry-After", "0.05")
		answer.WriteHeader(http.StatusTooManyRequests)
	case "/page":
		answer.Header().Set("Link", "<"+target+`>; rel="next"`)
		json.NewEncoder(answer).Encode(map[string]string{"next": target})
	}
}

func (w *witness) json() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, _ := json.Marshal(w.seen) // which cannot fail
	return text
}

// hosts are those that were asked, in the order of their names.
func (w *witness) hosts() []string { return w.hostsOf(func(string) bool { return true }) }

// hostsThatGot are the hosts that a secret was sent to, in whatever shape, in the order of their names.
func (w *witness) hostsThatGot(secret string) []string {
	return w.hostsOf(func(request string) bool {
		return slices.ContainsFunc(secrettest.Shapes(secret), func(shape string) bool { return strings.Contains(request, shape) })
	})
}

func (w *witness) hostsOf(is func(request string) bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var hosts []string
	for _, s := range w.seen {
		if text, _ := json.Marshal(s); is(string(text)) {
			hosts = append(hosts, s.Host)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
