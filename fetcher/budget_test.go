package fetcher

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"example.com/fetch/internal/bubble"
)

// TestBudgetBoundsAttempts: when everything fails, a host is asked little more often than the list asks: a share of what
// finishes, and 10 a host, and 100 in all.
func TestBudgetBoundsAttempts(t *testing.T) {
	const requests = 1000
	for _, row := range []struct {
		name    string
		budget  float64
		hosts   int
		status  int
		retries int // at most
	}{
		{"everything fails", 0, 1, 500, 100 + 10 + requests/5},
		{"half as many again", 0.5, 1, 500, 100 + 10 + requests/2},
		{"each host has some of its own", 0, 5, 500, 100 + 5*10 + requests/5},
		{"many hosts", 0, requests, 500, requests * (often - 1)},
		{"no share", 1e-9, 1, 500, 100 + 10},
		{"no bound", -1, 1, 500, requests * (often - 1)},
		{"refusals cost nothing of it", 0, 1, 503, requests * (often - 1)},
		{"nothing fails", 0, 1, 200, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				// NoAdapt, since hosts that do nothing but fail are given up before the budget is spent.
				f := &Fetcher{Advanced: Advanced{NoAdapt: true}, Retry: Retry{Max: often - 1, Budget: row.budget}, Transport: transportFunc(
					func(req *http.Request) (*http.Response, error) { return answer(req, row.status, ""), nil })}
				var urls []string
				for i := range requests {
					urls = append(urls, fmt.Sprintf("http://host%d/", i%row.hosts))
				}
				attempts, unpaid := 0, 0
				_, results := outcomes(t, f, urls...)
				for _, r := range results {
					attempts += len(r.Attempts)
					if slices.Contains(r.Notes, NoteRetryBudget) {
						unpaid++
						if len(r.Attempts) > often-1 {
							t.Errorf("request %d would not have been tried again", r.Seq)
						}
					}
				}
				if n := attempts - requests; n > row.retries+1 || n < row.retries*9/10 || f.Stats().Attempts != int64(attempts) {
					t.Errorf("%d retries, Stats says %d attempts; want %d retries", n, f.Stats().Attempts, row.retries)
				}
				if got, want := unpaid > 0, row.retries < requests*(often-1) && row.status == 500; got != want {
					t.Errorf("%d requests say that the budget was spent", unpaid)
				}
			})
		})
	}
}

// TestBudgetComesBack with what succeeds: one request in ten that fails once is always tried again.
func TestBudgetComesBack(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := 0
		f := &Fetcher{Workers: 1, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			n++
			if n%11 == 0 {
				return answer(req, 500, ""), nil
			}
			return answer(req, 200, ""), nil
		})}
		if byKind, _ := outcomes(t, f, many(5000, "a.test")...); byKind[KindNone] != 5000 {
			t.Errorf("of 5000: %v", byKind)
		}
	})
}

// TestBudgetIsForRetries: failures that are final take nothing of it.
func TestBudgetIsForRetries(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, seen := 0, make(map[string]bool)
		f := &Fetcher{Workers: 1, Retry: Retry{Budget: 1e-9}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			if n++; n <= 1000 {
				return answer(req, 404, ""), nil
			}
			if again := seen[req.URL.Path]; !again {
				seen[req.URL.Path] = true
				return answer(req, 500, ""), nil
			}
			return answer(req, 200, ""), nil
		})}
		byKind, _ := outcomes(t, f, many(1100, "a.test")...)
		if byKind[KindHTTP4xx] != 1000 || byKind[KindNone] != 100 {
			t.Errorf("%v", byKind)
		}
	})
}
