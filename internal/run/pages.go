package run

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
)

// follow asks for the page after a result. What is known of a request's files is let go of with its last page.
func (j *listRun) follow(r *fetcher.Result) *fetcher.Request {
	next := j.pages.Follow(r)
	if next == nil {
		j.bodies.release(r)
	}
	return next
}

// ended does what is to be done as soon as a result is whole, and before it waits for others. It is called concurrently.
func (j *listRun) ended(r *fetcher.Result) {
	if j.pages != nil {
		j.pages.Done(r)
		j.waits.end(r)
	}
	if j.early {
		_ = j.leg.add(record.From(r), r) // the run is ended by whoever is told that the journal cannot be written
	}
}

// take does what is to be done when a result has come: its body goes where it is to go, and what is known of a request
// without a further page is let go of. Those of a failed page are never asked for.
func (j *listRun) take(r *fetcher.Result) error {
	if j.pages == nil || r.Err != nil {
		j.bodies.release(r)
	}
	if j.folder != nil {
		return j.folder.take(r)
	}
	return j.bodies.take(r)
}

// waits are the chains of pages that are still going on, by the seq of their request, and whether one of their pages was an
// answer. The zero value is ready, and safe for concurrent use.
type waits struct {
	mu       sync.Mutex
	answered map[int64]bool
}

// brokenOff is what ends a chain of pages before its end, by what is noted then.
var brokenOff = map[string]string{
	follow.NoteMaxPages: "it had as many pages as --max-pages allows",
	follow.NotePageLoop: "the next page would be one that there has been; --next-wait is for asking again",
	follow.NoteBadNext:  "what --next gives is no URL that can be fetched",
}

// end makes a failure of the last page of a chain that was broken off before there was an answer: what it was asked for is
// not there, however well the pages went.
func (w *waits) end(r *fetcher.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answered := w.answered[r.Seq] || !slices.Contains(r.Notes, record.NoteInterim)
	delete(w.answered, r.Seq)
	if kept := body.Of(r); r.Err != nil || kept == nil || kept.Next == "" {
		return
	}
	isEnd := func(note string) bool { return brokenOff[note] != "" }
	i := slices.IndexFunc(r.Notes, isEnd)
	if i < 0 {
		if w.answered == nil {
			w.answered = map[int64]bool{}
		}
		w.answered[r.Seq] = answered
		return
	}
	if !answered {
		r.Err = &fetcher.Error{Kind: fetcher.KindExpect, Err: fmt.Errorf("no answer by page %d: %s", r.Page, brokenOff[r.Notes[i]])}
		r.Notes = slices.DeleteFunc(r.Notes, func(note string) bool { return note == record.NoteInterim })
	}
}

// newFollower is what asks for further pages; nil without these flags. Apply adds what belongs to a page's host.
func newFollower(f *spec.Spec, apply func(*fetcher.Request)) *follow.Follower {
	if !f.Follows() {
		return nil
	}
	return &follow.Follower{
		Links: f.FollowPages, MaxPages: f.MaxPages, Wait: time.Duration(f.NextWait), Apply: apply,
		Next: func(r *fetcher.Result) string {
			if kept := body.Of(r); kept != nil {
				return kept.Next
			}
			return ""
		},
	}
}
