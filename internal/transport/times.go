package transport

import (
	"cmp"
	"time"
)

// Times are the instants at which the hooks of one hop fired (net/http/httptrace); 0 if they did not.
type Times struct {
	DNSStart, DNSDone, ConnectStart, ConnectDone, TLSStart, TLSDone, GotConn, Wrote, FirstByte time.Duration
}

// Phases are the parts of a hop, in order.
type Phases struct{ Blocked, DNS, Connect, TLS, Send, Wait, Receive time.Duration }

// WithoutHooks fills in what a transport that calls no hooks leaves out: its response came now.
func (t *Times) WithoutHooks(start, now time.Duration) {
	if t.GotConn == 0 {
		t.GotConn, t.Wrote = start, start
	}
	t.FirstByte = cmp.Or(t.FirstByte, now)
}

// Phases makes the parts of a hop from the instants of the hooks. They sum to end − start exactly, whatever the hooks
// did: each part is what is left for it. DNS, Connect and TLS count only as far as they came before the connection was
// had; on a reused connection they belong to a dial that another hop used, and everything before it is Blocked.
func (t *Times) Phases(start, end time.Duration, reused bool) Phases {
	connected := clamp(cmp.Or(t.GotConn, end), start, end)
	first := clamp(cmp.Or(t.FirstByte, end), connected, end)
	wrote := min(clamp(cmp.Or(t.Wrote, end), connected, end), first) // a response may come before the request is all written
	p := Phases{Blocked: connected - start, Send: wrote - connected, Wait: first - wrote, Receive: end - first}
	if !reused {
		p.DNS = span(t.DNSStart, t.DNSDone, start, connected, &p.Blocked)
		p.Connect = span(t.ConnectStart, t.ConnectDone, start, connected, &p.Blocked)
		p.TLS = span(t.TLSStart, t.TLSDone, start, connected, &p.Blocked)
	}
	return p
}

// span is the length of a part between two hooks, within its bounds and within what is left. A part that began and did
// not end lasted until the last bound.
func span(from, to, low, high time.Duration, left *time.Duration) time.Duration {
	if from == 0 {
		return 0
	}
	d := min(max(0, clamp(cmp.Or(to, high), low, high)-clamp(from, low, high)), *left)
	*left -= d
	return d
}

func clamp(t, low, high time.Duration) time.Duration { return min(max(t, low), high) }
