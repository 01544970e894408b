package journal

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// PastOptions say what a new part of a run does. The zero value resumes a run whose list is unchanged.
type PastOptions struct {
	// ByID is for a list that has changed: its requests are identified by their ids (record.ID) instead of by
	// their places. Requests with equal ids are interchangeable.
	ByID bool
	// Select is for a retry: a request is sent again if Select chooses one of its records, and no other request
	// is sent, done or not. Nil is for resuming: everything is sent that is not done.
	Select func(*record.Record) bool
	// FileIsThere reports whether the file named by a record is as the record says; nil: there is a regular file
	// of that name, relative to the working directory, of Bytes bytes. A retry does not call it.
	FileIsThere func(*record.Record) bool
	// FirstNew is for ByID: the sequence number of the first request without records; further ones follow. It is
	// increased if necessary to be beyond all records.
	FirstNew int64
}

// Past is what earlier parts of a run have done. It takes a bit for each request that stays as it is (with ByID
// 16 bytes), and a few hundred bytes for each that is sent again.
//
// Ranging over the result of Skip changes it; other methods may be called concurrently.
type Past struct {
	options  PastOptions
	stand    Set                  // by seq: requests whose records remain valid
	ids      Identities           // by id: likewise
	again    map[int64]*chain     // requests with records that will be replaced
	byID     map[identity][]int64 // ascending places of the requests in again, which Skip assigns in turn
	firstNew int64                // sequence number of the next request without records
	highest  int64
	spare    *chain // for the next request whose first page comes
}

// chain holds the records of one request, page after page.
type chain struct {
	id       identity // of its first page, which is that of the request; zero if the page is missing or had no id
	pages    int
	attempts int
	files    []string
	ended    bool // its last page is there, and ended by itself
	missing  bool // a page is missing, or a file is not as it should be
	chosen   bool // by Select
}

// NewPast determines what has been done from the records of a journal that have not been replaced
// (Journal.Records). The pages of one request must come in order. The error is that of the sequence.
//
// A request is done if all its pages are there, the last has ended by itself (Ended), and the file of each
// exists with its right size.
func NewPast(records iter.Seq2[*record.Record, error], o PastOptions) (*Past, error) {
	if o.FileIsThere == nil {
		o.FileIsThere = fileIsThere
	}
	p := &Past{options: o, again: map[int64]*chain{}, byID: map[identity][]int64{}, spare: &chain{}}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		p.learn(r)
	}
	return p, p.settle()
}

// LearnReplaced adds the records that later ones have replaced (Journal.Replaced): if a request is sent again
// and its last part was interrupted as well, the files of earlier parts may be replaced, too. The error is that
// of the sequence.
func (p *Past) LearnReplaced(records iter.Seq2[*record.Record, error]) error {
	for r, err := range records {
		if err != nil {
			return err
		}
		if c := p.again[r.Seq]; c != nil && r.File != "" && !slices.Contains(c.files, r.File) {
			c.files = append(c.files, strings.Clone(r.File))
		}
	}
	return nil
}

// learn adds one record. Usually it is the only one of its request, and then only a bit is kept.
func (p *Past) learn(r *record.Record) {
	p.highest = max(p.highest, r.Seq)
	c := p.again[r.Seq]
	if c == nil {
		if p.stand.Has(r.Seq) { // a page after the last one: our journals never have that
			return
		}
		c = p.spare
		*c = chain{files: c.files[:0]}
	}
	c.learn(r, &p.options)
	if c.ended && !p.isSentAgain(c) {
		p.keep(r.Seq, c)
		delete(p.again, r.Seq)
		return
	}
	if p.again[r.Seq] = c; c == p.spare {
		p.spare = &chain{}
	}
	if r.File != "" { // cloned, because it shares memory with the record's line
		c.files[len(c.files)-1] = strings.Clone(r.File)
	}
}

// learn adds a page.
func (c *chain) learn(r *record.Record, o *PastOptions) {
	if c.pages++; r.Page != c.pages {
		c.missing = true
	} else if r.Page == 1 {
		c.id = parseIdentity(r.ID)
	}
	c.attempts += len(r.Attempts) + min(max(r.EarlierAttempts, 0), math.MaxInt32)
	if r.File != "" {
		c.files = append(c.files, r.File)
	}
	c.ended = !r.More && Ended(r)
	if o.Select != nil {
		c.chosen = c.chosen || o.Select(r)
	} else if r.File != "" {
		c.missing = c.missing || !o.FileIsThere(r)
	}
}

// Ended reports whether the subject of a record has ended by itself, successfully or not. It has not if it was
// cancelled, was cut off by the run's deadline, could not be written, which ends a run, or was not sent because
// the circuit of its host was open.
func Ended(r *record.Record) bool {
	kind, _ := fetcher.ParseKind(r.Class)
	return kind != fetcher.KindCanceled && kind != fetcher.KindDeadline && kind != fetcher.KindWrite && !WasGivenUp(r)
}

// WasGivenUp reports whether a request failed because the circuit of its host was open.
func WasGivenUp(r *record.Record) bool { return r.Class == fetcher.KindCircuit.String() }

// isSentAgain reports whether a request is sent again, as far as is known.
func (p *Past) isSentAgain(c *chain) bool {
	if p.options.Select != nil {
		return c.chosen
	}
	return !c.ended || c.missing
}

// keep leaves the records of a request valid.
func (p *Past) keep(seq int64, c *chain) {
	p.stand.Add(seq)
	if p.options.ByID && p.options.Select == nil {
		p.ids.add(c.id)
	}
}

// settle decides about the remaining requests after all records have been seen.
func (p *Past) settle() error {
	for seq, c := range p.again {
		if !p.isSentAgain(c) {
			p.keep(seq, c)
			delete(p.again, seq)
		}
	}
	p.spare = nil
	if !p.options.ByID {
		return nil
	}
	for seq, c := range p.again {
		if c.id.count > 0 {
			p.byID[c.id] = append(p.byID[c.id], seq)
		}
	}
	for _, places := range p.byID {
		slices.Sort(places)
	}
	if p.highest == math.MaxInt64 {
		return fmt.Errorf("a record has seq %d, which leaves no number for further requests; remove it from the journal", p.highest)
	}
	p.firstNew = max(p.options.FirstNew, p.highest+1)
	return nil
}

// fileIsThere is the default for FileIsThere.
func fileIsThere(r *record.Record) bool {
	info, err := os.Stat(r.File)
	return err == nil && info.Mode().IsRegular() && info.Size() == r.Bytes
}

// Done returns how many requests have valid records: they are not sent.
func (p *Past) Done() int64 { return p.stand.Len() }

// Again returns how many requests have records and are sent again; with ByID, if the list still has them.
func (p *Past) Again() int64 { return int64(len(p.again)) }

// ByID reports whether requests are identified by their ids: PastOptions.ByID.
func (p *Past) ByID() bool { return p.options.ByID }

// Stands reports whether the records of a request remain valid.
func (p *Past) Stands(seq int64) bool { return p.stand.Has(seq) }

// IsAgain reports whether a request has records and is sent again.
func (p *Past) IsAgain(seq int64) bool { return p.again[seq] != nil }

// Earlier returns how many attempts a request that is sent again has had, over all its pages and parts of the
// run; 0 for any other. It belongs in the record of its first page, as EarlierAttempts.
func (p *Past) Earlier(seq int64) int { return cmp.Or(p.again[seq], &chain{}).attempts }

// Files returns the files of a request that is sent again, which may be replaced. The slice must not be
// changed.
func (p *Past) Files(seq int64) []string { return cmp.Or(p.again[seq], &chain{}).files }

// Skip is the stage that removes from a list what need not be sent. The requests have their sequence numbers
// (Request.Seq); with ByID it yields copies, with the number of the records that they replace, or a new one.
// Each request that is removed is passed to skipped, if that is not nil. An error of the list is passed on.
//
// With ByID the sequence can be ranged over once: each record stands for one request of the list.
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

// chooseBySeq returns the request if it is to be sent, otherwise nil.
func (p *Past) chooseBySeq(req *fetcher.Request) *fetcher.Request {
	if p.options.Select != nil && p.again[req.Seq] == nil || p.options.Select == nil && p.stand.Has(req.Seq) {
		return nil
	}
	return req
}

// chooseByID returns the request as it is to be sent, or nil. Of requests with equal ids, as many are left out
// as are done.
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
