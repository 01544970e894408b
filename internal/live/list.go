package live

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
)

// view is one look at the engine, with what follows from earlier ones.
type view struct {
	fetcher.Stats
	elapsed time.Duration // since the showing began
	total   int64         // valid if known
	known   bool
	rate    float64 // results a second
	eta     time.Duration
	hasETA  bool

	changes *changes                                         // nil: there were none
	asked   func(host string) (slots int, perSecond float64) // as in Options
}

// plain is the view as one line of a log.
func (v view) plain() string {
	parts := []string{v.progress() + " done", count(v.OK, "ok"), count(v.Failed, "failed")}
	if v.Canceled > 0 {
		parts = append(parts, count(v.Canceled, "canceled"))
	}
	parts = append(parts, count(v.InFlight, "in flight"), rateText(v.rate))
	if v.hasETA {
		parts = append(parts, "ETA "+short(v.eta))
	}
	line := "after " + short(v.elapsed) + ": " + strings.Join(parts, ", ")
	if held := v.held(); len(held) > 0 {
		line += "; waiting for " + strings.Join(held, ", ")
	}
	return line
}

// progress is "done/total", or only done while the total is unknown.
func (v view) progress() string {
	if !v.known {
		return strconv.FormatInt(v.Done, 10)
	}
	return fmt.Sprintf("%d/%d", v.Done, v.total)
}

func count(n int64, what string) string { return strconv.FormatInt(n, 10) + " " + what }

// rateText is results a second: one decimal as long as it says something.
func rateText(r float64) string {
	switch {
	case r < 0.05:
		return "0/s"
	case r < 9.95:
		return fmt.Sprintf("%.1f/s", r)
	}
	return fmt.Sprintf("%.0f/s", r)
}

// short is a duration in two units at the most: 4s, 1m05s, 2h07m, 3d04h.
func short(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 60*60:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 24*60*60:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// escape makes a text printable ASCII, with anything else as \x1b or \u202e: a host's name is not trusted, and true ones
// are ASCII. So the length of a text is its width, too.
func escape(s string) string {
	q := quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func quote(s string) string { return strconv.QuoteToASCII(s) }
