package fetcher

import "slices"

// deliver takes a result for the consumer. It never waits: the window bounds what can gather. Last says that no
// further page of the same request comes.
func (r *run) deliver(x *exchange, result *Result, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.order != nil {
		r.results = r.order.Add(x.index, result, r.results)
	} else {
		r.results = append(r.results, result)
	}
	if last {
		r.settle(x.index)
	}
	notify(r.changed)
}

// turn sends a further page before the gate, or parks it: the window bounds requests, so that without this the pages of
// one request would gather behind a slow consumer.
func (r *run) turn(page *exchange) {
	r.mu.Lock()
	if !r.hasPlace(page) {
		r.parked = append(r.parked, page)
		r.mu.Unlock()
		notify(r.changed)
		return
	}
	r.mu.Unlock()
	r.enqueue(page)
}

// hasPlace reports whether the result of a page may gather. In order, the pages of the request whose turn it is always may,
// since all others wait for them. The lock is held.
func (r *run) hasPlace(page *exchange) bool {
	if r.hasDrained() {
		return true // to be dropped
	}
	if r.order != nil && page.index != r.order.Next && r.order.Held >= r.capacity() {
		return false
	}
	return len(r.results) < r.capacity()
}

// unpark gives the pages that have a place now. The lock is held.
func (r *run) unpark() []*exchange {
	var pages []*exchange
	r.parked = slices.DeleteFunc(r.parked, func(page *exchange) bool {
		has := r.hasPlace(page)
		if has {
			pages = append(pages, page)
		}
		return has
	})
	return pages
}

// settle says that the request at index has no further results. The lock is held.
func (r *run) settle(index int64) {
	n := 1
	if r.order != nil {
		r.results, n = r.order.Settle(index, r.results)
	}
	r.settled += n
}

// take waits for results, those of the call before being done with. More reports whether further ones may come.
func (r *run) take() (results []*Result, more bool) {
	for {
		r.mu.Lock()
		r.held -= r.taken
		r.taken, r.settled = r.settled, 0
		results, r.results = r.results, nil
		more = !r.ended || r.held > r.taken
		roomy := r.roomy()
		pages := r.unpark()
		r.mu.Unlock()
		for _, page := range pages {
			r.enqueue(page)
		}
		if roomy {
			notify(r.room)
		}
		if len(results) > 0 || !more {
			return results, more
		}
		<-r.changed
	}
}

// used takes a request out of the window once the consumer is done with its last result, if somebody waits for that: the
// next batch of results may be long in coming.
func (r *run) used(result *Result) {
	if result.More || !r.waiting.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken > 0 {
		r.held--
		r.taken--
		if r.roomy() {
			notify(r.room)
		}
	}
}
