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

// PastOptions say what a new leg does. The zero value resumes a run whose list is as it was.
type PastOptions struct {
	// ByID is for a list that has changed: its requests are known by their ids (record.ID) instead of by their places.
	// Those that have the same id are interchangeable.
	ByID bool
	// Select is for a retry: a request is sent again if Select chooses one of its records, and no other is sent, done or not.
	// nil is for resuming: everything is sent that is not done.
	Select func(*record.Record) bool
	// FileIsThere reports whether the file of a record that names one is as the record says; nil: there is a regular file
	// of that name, from the working directory, of Bytes bytes. A retry does not ask.
	FileIsThere func(*record.Record) bool
	// FirstNew is for ByID: the seq of the first request that has no records; the next ones have those that follow. It
	// is raised as far as it must be to be beyond all records.
	FirstNew int64
}

// Past is what earlier legs have done. It is a bit for each request that stays as it is (with ByID 16 bytes), and a few hundred
// bytes for each that is sent again.
//
// Ranging over what Skip gives changes it; other methods may be called at the same time.
type Past struct {
	options  PastOptions
	stand    Set                  // by seq: requests whose records stay
	ids      Identities           // by id: likewise
	again    map[int64]*chain     // requests with records that take new ones
	byID     map[identity][]int64 // the places of those that are in again, ascending: which take their turn in Skip
	firstNew int64                // the seq of the next request that has no records
	highest  int64
	spare    *chain // for the next request whose first page comes
}

// chain is one request's records, page after page.
type chain struct {
	id       identity // of its first page, which is the request's own; none: that was not there, or had no id
	pages    int
	attempts int
	files    []string
	ended    bool // its last page is there, and ended by itself
	missing  bool // a page is not there, or a file not as it should be
	chosen   bool // by Select
}

// NewPast learns from the records of a journal that have not been replaced by later ones (Journal.Records) what has been done.
// The pages of one request come in their order. The error is the first of the sequence.
//
// A request is done if all its pages are there, the last has ended by itself (Ended), and the file of each is there in its
// right size.
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

// LearnReplaced takes in the records that later ones have replaced (Journal.Replaced): of a request that is sent again, and
// whose last leg was broken off as well, the files of earlier legs are there to be replaced, too. The error is that of the
// sequence.
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

// learn takes in one record. Most are all that there is of their request, and of those no more is kept than that it stands.
func (p *Past) learn(r *record.Record) {
	p.highest = max(p.highest, r.Seq)
	c := p.again[r.Seq]
	if c == nil {
		if p.stand.Has(r.Seq) { // a page after the last one: no journal of ours has that
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
	if r.File != "" { // a part of the record's line, which is not to be kept
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

// Ended reports whether what a record is about has ended by itself, well or not: it was neither canceled, nor cut off by the
// run's deadline, nor did its answer fail to be written, which ends a run, nor was it not sent since its host had been
// given up.
func Ended(r *record.Record) bool {
	kind, _ := fetcher.ParseKind(r.Class)
	return kind != fetcher.KindCanceled && kind != fetcher.KindDeadline && kind != fetcher.KindWrite && !WasGivenUp(r)
}

// WasGivenUp reports whether a request failed since its host had been given up.
func WasGivenUp(r *record.Record) bool { return r.Class == fetcher.KindCircuit.String() }

// isSentAgain reports whether a request is sent again, as far as is known.
func (p *Past) isSentAgain(c *chain) bool {
	if p.options.Select != nil {
		return c.chosen
	}
	return !c.ended || c.missing
}

// keep lets the records of a request stand.
func (p *Past) keep(seq int64, c *chain) {
	p.stand.Add(seq)
	if p.options.ByID && p.options.Select == nil {
		p.ids.add(c.id)
	}
}

// settle decides about the requests that are left when all records have been seen.
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
		return fmt.Errorf("a record has seq %d, after which no request has room; take it out of the journal", p.highest)
	}
	p.firstNew = max(p.options.FirstNew, p.highest+1)
	return nil
}

// fileIsThere is the FileIsThere of who sets none.
func fileIsThere(r *record.Record) bool {
	info, err := os.Stat(r.File)
	return err == nil && info.Mode().IsRegular() && info.Size() == r.Bytes
}

// Done is how many requests have records that stand: they are not sent.
func (p *Past) Done() int64 { return p.stand.Len() }

// Again is how many requests have records and are sent again; with ByID, if the list still has them.
func (p *Past) Again() int64 { return int64(len(p.again)) }

// ByID reports whether requests are known by their ids: PastOptions.ByID.
func (p *Past) ByID() bool { return p.options.ByID }

// Stands reports whether a request has records that stand.
func (p *Past) Stands(seq int64) bool { return p.stand.Has(seq) }

// IsAgain reports whether a request has records and is sent again.
func (p *Past) IsAgain(seq int64) bool { return p.again[seq] != nil }

// Earlier is how many attempts a request that is sent again has had, of all its pages, in all legs; 0 for any other. It belongs
// into the record of its first page, as EarlierAttempts.
func (p *Past) Earlier(seq int64) int { return cmp.Or(p.again[seq], &chain{}).attempts }

// Files are the files of a request that is sent again: it may replace them. The slice is not the caller's.
func (p *Past) Files(seq int64) []string { return cmp.Or(p.again[seq], &chain{}).files }

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
