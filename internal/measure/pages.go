package measure

import "example.com/fetch/internal/record"

// pages are those of one request that have come.
type pages struct {
	last    int
	end     record.Micros // of the last one
	service record.Micros // of all, with the waits that were asked for between them
	whole   record.Micros // likewise, with back-off
}

// paged are the requests of which further pages are to come, by their Seq.
type paged map[int64]pages

// maxPaged is how many are kept at once; the pages of others count by themselves.
const maxPaged = 100_000

// add takes a record and gives the pages up to it, and how long it was asked to wait after the one before it.
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
