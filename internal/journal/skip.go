package journal

import (
	"iter"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// Skip is the stage that leaves out of a list what need not be sent. The requests have their seqs (Request.Seq); with ByID
// those that it gives are copies, with the seq of the records that they replace, or a new one. Each that is left out is
// given to skipped, if that is not nil. An error of the list is passed on.
//
// With ByID the sequence can be ranged once: each record stands for one request of the list.
func (p *Past) Skip(reqs iter.Seq2[*fetcher.Request, error], skipped func(*fetcher.Request)) iter.Seq2[*fetcher.Request, error] {
	choose := p.chooseBySeq
	if p.options.ByID {
		choose = p.chooseByID
	}
	return func(yield func(*fetcher.Request, error) bool) {
		for req, err := range reqs {
			if err == nil {
				chosen := choose(req)
				if chosen == nil {
					if skipped != nil {
						skipped(req)
					}
					continue
				}
				req = chosen
			}
			if !yield(req, err) {
				return
			}
		}
	}
}

// chooseBySeq gives the request if it is to be sent, else nil.
func (p *Past) chooseBySeq(req *fetcher.Request) *fetcher.Request {
	if p.options.Select != nil && p.again[req.Seq] == nil || p.options.Select == nil && p.stand.Has(req.Seq) {
		return nil
	}
	return req
}

// chooseByID gives the request as it is to be sent, or nil. Of those that have the same id, as many as are done are left out.
func (p *Past) chooseByID(req *fetcher.Request) *fetcher.Request {
	id := parseIdentity(record.ID(req))
	if p.ids.take(id) {
		return nil
	}
	chosen := *req
	switch places := p.byID[id]; {
	case len(places) > 0:
		chosen.Seq, p.byID[id] = places[0], places[1:]
	case p.options.Select != nil:
		return nil
	default:
		chosen.Seq = p.firstNew
		p.firstNew++
	}
	return &chosen
}
