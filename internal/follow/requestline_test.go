package follow

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

// lines is a transport that notes what it is asked for, as the first line of a request has it. It redirects or links to
// what it is to lead to.
type lines struct {
	location, link string
	asked          []string
}

func (l *lines) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent bytes.Buffer
	if err := req.Clone(req.Context()).Write(&sent); err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(sent.String(), "\r\n")
	l.asked = append(l.asked, line)
	resp := &http.Response{StatusCode: 200, ProtoMajor: 1, Header: http.Header{}, Body: http.NoBody, Request: req}
	if len(l.asked) == 1 && l.location != "" {
		resp.StatusCode = 302
		resp.Header.Set("Location", l.location)
	}
	if len(l.asked) == 1 && l.link != "" {
		resp.Header.Set("Link", "<"+l.link+">; rel=next")
	}
	return resp, nil
}

// TestOneFormOfURLs: what a list accepts leads to the same request line as a redirect and a page to it. Dots in the path are
// another matter: a reference is resolved (RFC 3986, section 5.2), and what stands in a list is sent as it is.
func TestOneFormOfURLs(t *testing.T) {
	part := rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune("abzAZ09-_~!$&'()*+,;=:@[]\"<>^`{|}\\ üÄ€😀")), rapid.Rune()), 0, 12, -1)
	escape := rapid.SampledFrom([]string{"", "%20", "%2f", "%FC", "%25", "%zz", "%"})
	rapid.Check(t, func(rt *rapid.T) {
		var path strings.Builder
		path.WriteString(part.Draw(rt, "path") + escape.Draw(rt, "escape"))
		for range rapid.IntRange(0, 2).Draw(rt, "segments") {
			path.WriteString("/" + part.Draw(rt, "segment"))
		}
		text := rapid.SampledFrom([]string{"http://b.test/", "http://B.test:8080/", "http://bücher.test/"}).Draw(rt, "host") + path.String()
		if rapid.Bool().Draw(rt, "has a query") {
			text += "?" + part.Draw(rt, "query") + escape.Draw(rt, "escape")
		}
		for segment := range strings.SplitSeq(strings.ToLower(path.String()), "/") {
			if s := strings.ReplaceAll(segment, "%2e", "."); s == "." || s == ".." {
				return
			}
		}
		listed, bad := new(format.Parser).Normalize([]byte(text))
		if bad != nil || strings.Contains(text, "#") || strings.TrimSpace(text) != text {
			return
		}
		ask := func(l *lines, from string) string {
			engine := &fetcher.Fetcher{Workers: 1, Transport: l, Follow: (&Follower{Links: true}).Follow, Retry: fetcher.Retry{Max: -1}}
			for r, err := range engine.Run(t.Context(), fetcher.URLs(from)) {
				if err != nil || r.Err != nil || r.Notes != nil {
					return fmt.Sprint("failed: ", err, r.Err, r.Notes)
				}
			}
			return l.asked[len(l.asked)-1]
		}
		want := ask(&lines{}, string(listed))
		if got := ask(&lines{location: text}, "http://a.test/"); got != want {
			rt.Errorf("a redirect to %q asks for %q, a list for %q", text, got, want)
		}
		if strings.Contains(text, ">") { // which ends the target of a Link
			return
		}
		if got := ask(&lines{link: text}, "http://a.test/"); got != want {
			rt.Errorf("a page at %q asks for %q, a list for %q", text, got, want)
		}
	})
}
