package measure

import "example.com/fetch/internal/record"

// pages are the received pages of one request.
type pages struct {
	last    int
	end     record.Micros // of the last one
	service record.Micros // of all, with the requested waits between them
	whole   record.Micros // likewise, with back-off
}

// paged holds the requests of which further pages are expected, by Seq.
type paged map[int64]pages

// maxPaged bounds the number of these; the pages of others count individually.
const maxPaged = 100_000

// add adds a record and returns the pages up to it, and the requested wait after the previous page.
func (p paged) add(r *record.Record) (all pages, wait record.Micros) {
	if r.Page > 1 {
		if before, ok := p[r.Seq]; ok && before.last+1 == r.Page && before.end <= r.Due {
			all, wait = before, r.Due-before.end
		}
	}
	all.last, all.end = r.Page, r.End()
	all.service += wait + r.Service
	all.whole += wait + r.Service + r.Backoff
	switch {
	case !r.More:
		delete(p, r.Seq)
	case r.Page > 1 || len(p) < maxPaged:
		p[r.Seq] = all
	}
	return all, wait
}
