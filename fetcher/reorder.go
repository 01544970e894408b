package fetcher

// reorder holds results back until those of all requests before them are there.
type reorder struct {
	next    int64 // the request whose results go out now
	pending map[int64][]*Result
	settled map[int64]struct{}
	held    int // results in pending
}

// add takes a result in, and appends to the ones given what may go out now.
func (o *reorder) add(index int64, result *Result, to []*Result) []*Result {
	if index == o.next {
		return append(to, result)
	}
	o.pending[index] = append(o.pending[index], result)
	o.held++
	return to
}

// settle says that the request at index has no further results. It appends what may go out now, and tells for how many
// requests that was the last.
func (o *reorder) settle(index int64, to []*Result) (out []*Result, settled int) {
	o.settled[index] = struct{}{}
	for {
		to = append(to, o.pending[o.next]...)
		o.held -= len(o.pending[o.next])
		delete(o.pending, o.next)
		if _, ok := o.settled[o.next]; !ok {
			return to, settled
		}
		delete(o.settled, o.next)
		o.next++
		settled++
	}
}
