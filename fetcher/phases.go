package fetcher

import "time"

// withoutHooks fills in what a transport that calls no hooks leaves out: its answer came now.
func (h *hookTimes) withoutHooks(start, now time.Duration) {
	if h.gotConn == 0 {
		h.gotConn, h.wrote = start, start
	}
	if h.firstByte == 0 {
		h.firstByte = now
	}
}

// phases makes the parts of a hop from the instants of the hooks. They sum to end − start exactly, whatever the hooks
// did: each part is what is left for it. DNS, Connect and TLS count only as far as they came before the connection was
// had; on a reused connection they belong to a dial that another hop used, and everything before it is Blocked.
func (h *hookTimes) phases(start, end time.Duration, reused bool) Phases {
	connected := end
	if h.gotConn != 0 {
		connected = clamp(h.gotConn, start, end)
	}
	var p Phases
	p.Blocked = connected - start
	if !reused {
		left := p.Blocked
		p.DNS = span(h.dnsStart, h.dnsDone, start, connected, &left)
		p.Connect = span(h.connectStart, h.connectDone, start, connected, &left)
		p.TLS = span(h.tlsStart, h.tlsDone, start, connected, &left)
		p.Blocked = left
	}
	wrote := end
	if h.wrote != 0 {
		wrote = clamp(h.wrote, connected, end)
	}
	first := end
	if h.firstByte != 0 {
		first = clamp(h.firstByte, connected, end)
		wrote = min(wrote, first) // an answer may come before the request is all written
	}
	p.Send = wrote - connected
	p.Wait = first - wrote
	p.Receive = end - first
	return p
}

// span is the length of a part between two hooks, within its bounds and within what is left. A part that began and did
// not end lasted until the last bound.
func span(from, to, low, high time.Duration, left *time.Duration) time.Duration {
	if from == 0 {
		return 0
	}
	if to == 0 {
		to = high
	}
	d := min(max(0, clamp(to, low, high)-clamp(from, low, high)), *left)
	*left -= d
	return d
}

func clamp(t, low, high time.Duration) time.Duration { return min(max(t, low), high) }
