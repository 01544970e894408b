package sched

import "time"

// Kind says how a hop ended, as far as the pace of its host goes.
type Kind uint8

const (
	Dropped     Kind = iota // cancelled, or never sent: teaches nothing
	Served                  // the host responded, and did what it does; a 404 is served, too
	Failed                  // reset, cut off, or one of 500, 502 and 504
	TimedOut                // the response, or the rest of it, did not come in time
	Busy                    // the host refused, since it has too much to do: 503, ENHANCE_YOUR_CALM
	OverQuota               // the host refused, since this client asked too much: 429, or 403 with nothing remaining
	Unreachable             // nobody listens: the connection was refused
)

// Refused reports whether the host turned the request away without doing anything for it.
func (k Kind) Refused() bool { return k >= Busy }

// Signal is what the outcome of a hop says of its host. The zero Signal says nothing.
type Signal struct {
	Kind    Kind
	Latency time.Duration // the hop time; 0 if it is not known yet
	Wait    time.Duration // how long the host asked to be left alone (Retry-After); 0 means that it did not, or not any longer
	Quotas  []Quota       // what it said of its limits
	Share   float64       // which share of them it wants to be asked, since it is busy; 0 means that it did not say
	Word    string        // for people, a few characters: "503", "429", "Yellow", "connection refused"
}

// Unit is what a Quota counts.
type Unit uint8

const (
	Requests   Unit = iota // hops
	Bytes                  // bytes of content
	Concurrent             // hops at once
)

// Unknown stands for a number or a time in a Quota that the host did not tell.
const Unknown = -1

// Quota is one limit as a host has stated it.
type Quota struct {
	Name      string // as the host has it, such as "burst"; may be empty
	Unit      Unit
	Limit     float64       // how many in Window; Unknown
	Remaining float64       // how many are left until Reset; Unknown
	Window    time.Duration // Unknown
	Reset     time.Duration // from now until Remaining is Limit again; Unknown
}

// Tries is what one request has used up. The zero Tries has used nothing.
type Tries struct {
	Retries  int   // of Config.Retries
	Refusals int   // in a row while its host accepted others
	seen     int64 // what the host had accepted at the last refusal
	early    int   // retries for refusals of a host that had accepted nothing
}

// Verdict is what becomes of a request whose attempt has failed.
type Verdict struct {
	Again    bool
	Requeued bool          // it was turned away, and this costs none of its retries
	Wait     time.Duration // at least, before it may leave again
	Jitter   time.Duration // a random part of this is to be added to Wait
	Why      string        // if not Again, and a limit is the reason: one of the Why constants
}

// Why a request is not tried again.
const (
	WhyBudget     = "retry_budget" // the retry budget is spent
	WhyRetryAfter = "retry_after"  // the host asked for a longer wait than Config.MaxWait
	WhyCircuit    = "circuit"      // the host has been given up
)
