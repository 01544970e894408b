package list

import (
	"io"
	"testing"

	"example.com/fetch/internal/bubble"
)

// TestEntriesComeAsTheyAreWritten: whoever writes a list to a pipe waits for no more than the entry needs.
func TestEntriesComeAsTheyAreWritten(t *testing.T) {
	for name, pieces := range map[string][]string{
		"csv":      {"url,x\n", "http://h/1,y\n", "http://h/2,z\n"},
		"jsonl":    {"\n", `{"url":"http://h/1"}` + "\n", `{"url":"http://h/2"}` + "\n"},
		"vegeta":   {"# x\n", "GET http://h/1\n\n", "GET http://h/2\nX: y\n\n"},
		"aria2":    {"# x\n", "http://h/1\n out=x\nhttp://h/2\n", " out=y\nhttp://h/3\n"},
		"har":      {`{"log":{"entries":[` + "\n", `{"request":{"url":"http://h/1"}}`, `,{"request":{"url":"http://h/2"}}`},
		"sitemap":  {"<urlset>\n", "<url><loc>http://h/1</loc>", "</url><url><loc>http://h/2</loc>"},
		"sitemap2": {"<?xml version='1.0'?>\n<urlset>", "<url><loc>http://h/1</loc>", "</url><url><loc>http://h/2</loc>"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				r, w := io.Pipe()
				l := mustOpen(t, r, Options{}, "-")
				taken := make(chan string)
				go func() {
					defer close(taken)
					for req, err := range l.Requests(t.Context()) {
						if err != nil {
							return // it is cut
						}
						taken <- req.URL
					}
				}()
				for i, piece := range pieces {
					if _, err := io.WriteString(w, piece); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						continue
					}
					if got := <-taken; got != "http://h/"+string(rune('0'+i)) { // a deadlock if it waits for more
						t.Errorf("piece %d: %s", i, got)
					}
				}
				w.Close()
				for range taken {
				}
			})
		})
	}
}
