package testserver

import (
	"fmt"
	"strings"
	"testing"
)

func TestCrawlPages(t *testing.T) {
	for _, n := range []int{1, 2, 7, maxCrawl} {
		resp := ask(t, quick(), "GET", fmt.Sprintf("/crawl/%d", n))
		body := text(t, resp)
		if less, greater := strings.Count(body, "<"), strings.Count(body, ">"); less != 2*n+16 || greater != 3*n+16 {
			t.Errorf("page %d: %d < and %d >, want %d and %d", n, less, greater, 2*n+16, 3*n+16)
		}
		if want := fmt.Sprintf(`href="/crawl/%d"`, n%maxCrawl+1); !strings.Contains(body, want) || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			t.Errorf("page %d: %v, without %s", n, resp.Header, want)
		}
	}
	for _, path := range []string{"/crawl/", "/crawl/0", "/crawl/10001", "/crawl/x"} {
		if resp := ask(t, quick(), "GET", path); resp.StatusCode != 404 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}
