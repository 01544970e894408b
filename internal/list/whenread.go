package list

import (
	"iter"

	"example.com/fetch/fetcher"
)

// WhenRead does something with each request that can be sent, as soon as it is read.
func WhenRead(reqs iter.Seq2[*fetcher.Request, error], do func(*fetcher.Request)) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for req, err := range reqs {
			if req != nil && req.Err == nil {
				do(req)
			}
			if !yield(req, err) {
				return
			}
		}
	}
}
