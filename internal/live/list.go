package live

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/units"
)

// List is a run of a list, for live display. Its methods are safe for concurrent use, but Look is called by one
// goroutine at a time.
type List struct {
	Stats func() fetcher.Stats // the engine's snapshot
	Total func() (int64, bool) // expected number of results, once it is known; nil: it never is
	// Asked returns the requested limits of a host: hops in flight, and hops per second; 0: no limit. Nil:
	// unknown.
	Asked func(host string) (slots int, perSecond float64)

	Figures func() measure.Interval // figures of the results, for Metrics only

	pace    pace
	mu      sync.Mutex
	learned map[string]change // by host
}

// view is one snapshot of the engine, with what follows from earlier ones.
type view struct {
	*List
	fetcher.Stats
	elapsed time.Duration // since the first look
	total   int64         // valid if known
	known   bool
	rate    float64 // results a second
	eta     time.Duration
	hasETA  bool
}

// Look takes a snapshot of the engine, and updates the estimates.
func (l *List) Look() View {
	now := time.Now()
	v := view{List: l, Stats: l.Stats()}
	if l.pace.begin.IsZero() {
		l.pace.start(now, v.Done)
	}
	v.elapsed = now.Sub(l.pace.begin)
	if l.Total != nil {
		v.total, v.known = l.Total()
	}
	if v.Done > v.total { // further pages are additional results
		v.known = false
	}
	l.pace.add(now, v.Done)
	v.rate = l.pace.rate()
	if v.known {
		v.eta, v.hasETA = l.pace.eta(now, v.total-v.Done)
		v.eta = max(v.eta, v.pause(), v.queued())
	}
	return v
}

// items returns the figures; the first one always has room.
func (v view) items() []item {
	failed := item{text: count(v.Failed, "failed"), rank: 1}
	if v.Failed > 0 {
		failed.color = units.Red
	}
	items := []item{{text: v.progress()}, {text: count(v.OK, "ok"), rank: 4}, failed}
	if v.Canceled > 0 {
		items = append(items, item{text: count(v.Canceled, "canceled"), rank: 6})
	}
	items = append(items, item{text: count(v.InFlight, "in flight"), rank: 5}, item{text: rateText(v.rate), rank: 3})
	if v.hasETA {
		items = append(items, item{text: "ETA " + short(v.eta), rank: 2})
	}
	return items
}

// Plain returns the view as one line of a log.
func (v view) Plain() string {
	items := v.items()
	items[0].text += " done"
	var parts []string
	for _, it := range items {
		parts = append(parts, it.text)
	}
	line := "after " + short(v.elapsed) + ": " + strings.Join(parts, ", ")
	if held := v.held(); len(held) > 0 {
		line += "; waiting for " + strings.Join(held, ", ")
	}
	return line
}

const mostListCells = 60 // of the bar

// Lines returns the view as one line, or two if hosts cause waiting, of less than width columns.
func (v view) Lines(width, _ int, color bool) []string {
	room := width - 1
	lines := []string{v.figures(room, color)}
	if held := v.held(); len(held) > 0 {
		lines = append(lines, units.Painted(waiting(held, room), units.Yellow, color))
	}
	return lines
}

// figures returns the line of figures, with the bar in the remaining room.
func (v view) figures(room int, color bool) string {
	items := v.items()
	if !v.known {
		items[0].text += " done"
	}
	items = fit(items, room)
	text := joined(items, room, color)
	if !v.known {
		return text
	}
	share := 1.0
	if v.total > 0 {
		share = float64(v.Done) / float64(v.total)
	}
	return bar(share, room-length(items)-len(gap), mostListCells, color) + text
}

// waiting returns the line of the hosts that cause waiting: as many as fit, and the number of more.
func waiting(held []string, room int) string {
	const intro = "waiting for "
	for n := len(held); n > 0; n-- {
		line := intro + strings.Join(held[:n], ", ")
		if more := len(held) - n; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		if units.Width(line) <= room || n == 1 {
			return cut(line, room)
		}
	}
	return ""
}

// progress returns "done/total", or only done while the total is unknown.
func (v view) progress() string {
	if !v.known {
		return strconv.FormatInt(v.Done, 10)
	}
	return fmt.Sprintf("%d/%d", v.Done, v.total)
}

func count(n int64, what string) string { return strconv.FormatInt(n, 10) + " " + what }

// rateText returns results per second, with one decimal if that is significant.
func rateText(r float64) string {
	switch {
	case r < 0.05:
		return "0/s"
	case r < 9.95:
		return fmt.Sprintf("%.1f/s", r)
	}
	return fmt.Sprintf("%.0f/s", r)
}

// short returns a duration in two units at most: 4s, 1m05s, 2h07m, 3d04h.
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
	q := strconv.QuoteToASCII(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

const (
	rateOver = 5 * time.Second  // averaging time of the rate
	etaOver  = 30 * time.Second // averaging time for the time left: slow responses come in bunches
	etaMax   = 100 * 24 * time.Hour
)

// pace is how fast results arrive: two exponentially weighted means, of recent and of less recent progress.
type pace struct {
	begin, at, lastDone time.Time
	done, first         int64
	recent, longer      float64 // results a second, before the correction in mean
}

// start begins at now, with done results so far.
func (p *pace) start(now time.Time, done int64) {
	*p = pace{begin: now, at: now, lastDone: now, done: done, first: done}
}

// add records that there are done results by now.
func (p *pace) add(now time.Time, done int64) {
	dt := now.Sub(p.at)
	if dt <= 0 {
		return
	}
	made := done - p.done
	if made > 0 {
		p.lastDone = now
	}
	speed := float64(made) / dt.Seconds()
	p.recent += (1 - fade(dt, rateOver)) * (speed - p.recent)
	p.longer += (1 - fade(dt, etaOver)) * (speed - p.longer)
	p.at, p.done = now, done
}

// rate returns the recent number of results a second.
func (p *pace) rate() float64 { return p.mean(p.recent, rateOver) }

// eta returns the estimated time for left more results. It is unknown before the first result, and if there has
// been none for so long, or for longer than all the rest should take, that the past is no guide.
func (p *pace) eta(now time.Time, left int64) (time.Duration, bool) {
	if left <= 0 {
		return 0, true
	}
	speed := p.mean(p.longer, etaOver)
	if p.done == p.first || now.Sub(p.lastDone) > etaOver || speed <= 0 {
		return 0, false
	}
	seconds := float64(left) / speed
	if seconds > etaMax.Seconds() || seconds < now.Sub(p.lastDone).Seconds() { // the rest is slower than the past
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// mean corrects an average that started at zero for its short history: at first it is the plain mean.
func (p *pace) mean(weighted float64, over time.Duration) float64 {
	if age := p.at.Sub(p.begin); age > 0 {
		return weighted / (1 - fade(age, over))
	}
	return 0
}

// fade returns the weight of what was observed dt ago.
func fade(dt, over time.Duration) float64 { return math.Exp(-dt.Seconds() / over.Seconds()) }
