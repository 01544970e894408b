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

// follow returns the request for the page after a result. After the last page the file names of the request
// are released.
func (j *listRun) follow(r *fetcher.Result) *fetcher.Request {
	next := j.pages.Follow(r)
	if next == nil {
		j.bodies.release(r)
	}
	return next
}

// ended runs as soon as a result is complete, before it waits for its place in the order. It is called
// concurrently.
func (j *listRun) ended(r *fetcher.Result) {
	if j.pages != nil {
		j.pages.Done(r)
		j.waits.end(r)
	}
	if j.early {
		_ = j.part.add(record.From(r), r) // the journal's OnError ends the run
	}
}

// take delivers a result that is next in order: its body goes to its destination, and state of a request
// without a further page is released. After a failed page no further page is requested.
func (j *listRun) take(r *fetcher.Result) error {
	if j.pages == nil || r.Err != nil {
		j.bodies.release(r)
	}
	if j.folder != nil {
		return j.folder.take(r)
	}
	return j.bodies.take(r)
}

// waits holds the chains of pages that are still running, by the Seq of their request, and whether one of
// their pages was accepted. The zero value is ready to use, and safe for concurrent use.
type waits struct {
	mu       sync.Mutex
	answered map[int64]bool
}

// brokenOff explains, by note, what ended a chain of pages early.
var brokenOff = map[string]string{
	follow.NoteMaxPages: "--max-pages was reached",
	follow.NotePageLoop: "the next page has been fetched before; to poll the same URL, use --next-wait",
	follow.NoteBadNext:  "--next does not give a valid URL",
}

// end turns the last page into a failure if the chain was cut off before any page was accepted: what was
// asked for is missing, although each page succeeded.
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
		r.Err = &fetcher.Error{Kind: fetcher.KindExpect, Err: fmt.Errorf("no accepted response by page %d: %s", r.Page, brokenOff[r.Notes[i]])}
		r.Notes = slices.DeleteFunc(r.Notes, func(note string) bool { return note == record.NoteInterim })
	}
}

// newFollower returns what requests further pages; nil without the flags for it. Apply adds what belongs to
// the host of a page.
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
