package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/stats"
)

// What the text prints, and what it does not:
//
//   - No line is wider than 80 columns: what is too long is cut, or goes on in the next line.
//   - Nothing that came from a list is printed with characters that a terminal would obey.
//   - Lines that would say "none" are left out, but for the time and what is not known of it.

const (
	width      = 80
	label      = 14 // how wide the first word of a line is set
	shownHosts = 20
)

// text is a report as it grows.
type text struct{ out []byte }

// AppendText appends the report for people.
func (r *Report) AppendText(dst []byte) []byte {
	t := &text{dst}
	t.heading(r)
	t.hosts(r)
	if d := r.Duplicates; d.N > 0 {
		t.field("duplicates", counted(d.N, "request is", "requests are")+" the same as one before (method, URL, content)")
		t.examples(d.Examples, d.Groups)
	}
	if c := r.Collisions; c.N > 0 {
		t.field("file names", counted(c.N, "file gets", "files get")+" a suffix, as the name is taken")
		t.examples(c.Examples, c.N)
	}
	if r.Requests == 0 {
		return t.out
	}
	t.field("time", r.Time.words())
	for i, what := range r.Time.Unknown {
		if i == 0 {
			t.field("not known", what)
		} else {
			t.field("", what)
		}
	}
	return t.out
}

func (t *text) heading(r *Report) {
	hosts := counted(r.Hosts, "host", "hosts")
	if r.Others > 0 {
		hosts = "more than " + hosts
	}
	parts := []string{counted(r.Requests, "request", "requests"), hosts}
	if r.Rows > 0 {
		parts = append(parts, counted(r.Rows, "row", "rows"))
	}
	if r.Files > 0 {
		parts = append(parts, counted(r.Files, "file", "files"))
	}
	t.line(strings.Join(parts, " · "))
	if len(r.Methods) > 1 || r.Requests > 0 && r.Methods["GET"] == 0 {
		var methods []string
		for _, m := range slices.SortedFunc(maps.Keys(r.Methods), func(a, b string) int {
			return cmp.Or(cmp.Compare(r.Methods[b], r.Methods[a]), strings.Compare(a, b))
		}) {
			methods = append(methods, record.Printable(m)+" "+count(r.Methods[m]))
		}
		t.field("methods", strings.Join(methods, " · "))
	}
	if b := r.Batches; b.N > 0 {
		sizes := counted(b.Largest, "row", "rows")
		if b.Smallest < b.Largest {
			sizes = count(b.Smallest) + " to " + sizes
		}
		t.field("batches", count(b.N)+" of "+sizes)
	}
	if b := r.Bodies; b.N > 0 {
		words := counted(b.N, "request has", "requests have") + " content, " + counted(b.Bytes, "byte", "bytes")
		if b.Unknown > 0 {
			words += " and " + count(b.Unknown) + " of unknown size"
		}
		t.field("bodies", words)
	}
}

// hosts prints the table of hosts.
func (t *text) hosts(r *Report) {
	if len(r.PerHost) == 0 {
		return
	}
	lines := [][]string{{"HOST", "n", "at least", "credentials", "limits"}}
	for _, h := range r.PerHost[:min(len(r.PerHost), shownHosts)] {
		least, credentials := "-", "-"
		if h.Floor > 0 {
			least = seconds(h.Floor)
		}
		if h.Credentials > 0 {
			credentials = count(h.Credentials)
		}
		lines = append(lines, []string{shownHost(h.Host), count(h.N), least, credentials, limitWords(h.limit)})
	}
	if !slices.ContainsFunc(r.PerHost, func(h Host) bool { return h.Credentials > 0 }) {
		for i, l := range lines {
			lines[i] = slices.Delete(l, 3, 4)
		}
	}
	widths := make([]int, len(lines[0]))
	for _, l := range lines {
		for i, cell := range l {
			widths[i] = max(widths[i], measure(cell))
		}
	}
	rest := 0
	for _, w := range widths[1:] {
		rest += w + 2
	}
	widths[0] = max(min(widths[0], width-rest), 12)
	for _, l := range lines {
		var b strings.Builder
		for i, cell := range l {
			fill := strings.Repeat(" ", max(0, widths[i]-measure(cell)))
			switch {
			case i == 0:
				b.WriteString(cut(cell, widths[0]) + fill)
			case i == len(l)-1:
				b.WriteString("  " + cell)
			default:
				b.WriteString("  " + fill + cell)
			}
		}
		t.line(b.String())
	}
	if n := r.Hosts - shownHosts; n > 0 {
		t.line("… and " + counted(n, "more host", "more hosts"))
	}
	if r.Others > 0 {
		t.line("… and " + counted(r.Others, "request", "requests") + " to hosts beyond these")
	}
}

// examples prints examples, with their places in the list, and how many more of all there are.
func (t *text) examples(examples []Example, all int64) {
	for _, e := range examples {
		what := e.File
		if what == "" {
			what = e.Method + " " + e.URL
		}
		var seqs []string
		for _, s := range e.Seqs[:min(len(e.Seqs), 5)] {
			seqs = append(seqs, strconv.FormatInt(s, 10))
		}
		if e.N > int64(len(seqs)) {
			seqs = append(seqs, "…")
		}
		t.line(strings.Repeat(" ", label) + strings.Join(seqs, ", ") + "  " + record.Printable(what))
	}
	if more := all - int64(len(examples)); more > 0 {
		t.field("", "… and "+count(more)+" more")
	}
}

func (t *Time) words() string {
	if t.Floor == 0 {
		return "not known: no rate holds it up, and nothing is assumed of the answers"
	}
	var why string
	switch t.Bound {
	case stats.BoundLongest:
		why = "one answer"
	case stats.BoundSlots:
		why = fmt.Sprintf("the %s", counted(int64(t.slots), "slot", "slots"))
	case stats.BoundHostSlots:
		why = fmt.Sprintf("the %s of %s", counted(int64(t.slots), "slot", "slots"), shownHost(t.Host))
	case stats.BoundRate:
		why = fmt.Sprintf("the rate (%s)", rateWords(t.rate))
	case stats.BoundHostRate:
		why = fmt.Sprintf("the rate of %s (%s)", shownHost(t.Host), rateWords(t.rate))
	case BoundDue:
		why = "when the last request is due"
	}
	words := "at least " + seconds(t.Floor) + ": " + why
	if t.Assumed > 0 {
		words += "; each answer is taken to take " + seconds(t.Assumed)
	}
	return words
}

// field prints a line with a label, and where it is too long goes on in the next.
func (t *text) field(name, words string) {
	line := fmt.Sprintf("%-*s", label, name)
	empty := true
	for word := range strings.SplitSeq(words, " ") {
		switch {
		case empty:
		case measure(line)+1+measure(word) > width:
			t.line(line)
			line = strings.Repeat(" ", label)
		default:
			line += " "
		}
		line += word
		empty = false
	}
	t.line(line)
}

func (t *text) line(s string) {
	t.out = append(append(t.out, strings.TrimRight(cut(s, width), " ")...), '\n')
}

func limitWords(l fetcher.Limit) string {
	var parts []string
	for _, r := range l.Rates {
		parts = append(parts, rateWords(r))
	}
	if l.InFlight > 0 {
		parts = append(parts, count(int64(l.InFlight))+" in flight")
	}
	if parts == nil {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// rateWords writes a rate as it is asked for: 5/s, 400/m.
func rateWords(r fetcher.Rate) string {
	unit := "/" + r.Per.String()
	switch r.Per {
	case time.Second:
		unit = "/s"
	case time.Minute:
		unit = "/m"
	case time.Hour:
		unit = "/h"
	}
	return strconv.FormatFloat(r.Events, 'g', -1, 64) + unit
}

// seconds writes a time for people: 400ms, 9.0s, 12m05s, 3h07m, 12 days.
func seconds(m record.Micros) string {
	s := m.Milliseconds() / 1000
	n := int64(s + 0.5)
	switch {
	case s < 1:
		return strconv.FormatFloat(m.Milliseconds(), 'g', 3, 64) + "ms"
	case s < 99.95:
		return fmt.Sprintf("%.1fs", s)
	case n < 3600:
		return fmt.Sprintf("%dm%02ds", n/60, n%60)
	case n < 100*3600:
		return fmt.Sprintf("%dh%02dm", n/3600, n%3600/60)
	}
	return counted(n/86400, "day", "days")
}

// count writes a whole number with its thousands set apart: 12,345.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// shownHost is a host without the default ports, of which its scheme has one.
func shownHost(host string) string {
	for _, port := range []string{":80", ":443"} {
		if name, ok := strings.CutSuffix(host, port); ok {
			return record.Printable(name)
		}
	}
	if host == "" {
		return "(none)"
	}
	return record.Printable(host)
}

// measure is how many columns of a terminal s takes, the same on every machine.
func measure(s string) int { return condition().StringWidth(s) }

func cut(s string, columns int) string {
	if measure(s) <= columns {
		return s
	}
	return condition().Truncate(s, columns, "…")
}

func condition() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }
