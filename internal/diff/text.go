package diff

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// Rules for the text:
//
//   - No line is wider than 80 columns: longer ones are cut.
//   - Text from a journal is printed with control characters escaped.
//   - The first 10 hosts have lines, and the first 20 URLs that are different; the JSON form has all.

const (
	shownHosts = 10
	shownURLs  = 20
)

// text is a comparison as it is written.
type text struct{ *layout.Page }

// AppendText appends the comparison for people, coloured if color is set.
func (c *Comparison) AppendText(dst []byte, color bool) []byte {
	t := text{&layout.Page{Width: layout.UsualWidth, Cut: true, Color: color, Out: dst}}
	t.run("A", &c.A)
	t.run("B", &c.B)
	if c.Histograms {
		t.Words("", "compared", "the response times of successes, from histograms: which request failed, statuses, bodies, hosts and URLs are not compared; "+
			"that takes --records in both")
		if c.A.Load != c.B.Load {
			t.Words(units.Yellow, "", "the loads are not the same, so that a difference may be theirs")
		}
	} else {
		t.changes(c.Changes, c.IgnoreHost)
	}
	t.latency(&c.Latency)
	for _, h := range c.Thresholds {
		state, style := "not crossed", ""
		switch {
		case h.Crossed:
			state, style = "crossed", units.Red
		case h.Undecided:
			state, style = "not decided", units.Yellow
		}
		t.Words(style, "fail if", record.Printable(h.Expression)+": "+state+": "+h.Words)
	}
	return t.Out
}

func (t text) run(name string, r *About) {
	words := fmt.Sprintf("%s: %s · %s ok · %s failed", record.Printable(r.Journal),
		units.Counted(r.Results, "result", "results"), units.Count(r.OK), units.Count(r.Failed))
	if r.Unfinished > 0 {
		words += " · " + units.Count(r.Unfinished) + " unfinished"
	}
	if r.Load != "" {
		words += " · at " + record.Printable(r.Load)
	}
	if r.Wall > 0 {
		words += " · wall " + units.SecondsCompared(r.Wall)
	}
	t.Words("", name, words)
}

// changes prints the number of changed results, and the first of each kind.
func (t text) changes(c *Changes, ignoreHost bool) {
	words := units.Count(c.Paired) + " in both"
	if ignoreHost {
		words += ", whatever their hosts"
	}
	if c.Paired == 0 {
		words = "none is in both: the runs have no request in common"
	}
	t.Words("", "results", words)
	names := [kinds]string{"new failures", "fixed", "statuses", "values", "bodies", "ETags", "only in A", "only in B"}
	styles := [kinds]string{units.Red, units.Green, units.Yellow, units.Yellow, units.Yellow, units.Yellow}
	for kind, changed := range c.all() {
		if changed.N == 0 {
			continue
		}
		t.Line(styles[kind], fmt.Sprintf("%-*s%s", layout.Label, names[kind], units.Count(changed.N)))
		for i := range changed.Examples {
			e := &changed.Examples[i]
			t.Line("", fmt.Sprintf("%*s  %s  %s", layout.Label-2, e.place(), e.words(), record.Printable(e.request())))
		}
		if more := changed.N - int64(len(changed.Examples)); more > 0 {
			t.Line("", strings.Repeat(" ", layout.Label)+"… and "+units.Count(more)+" more")
		}
	}
}

// place returns the place of the result in its list: 3, or 3/2 for its second page.
func (c *Change) place() string {
	o := c.latest()
	if o == nil {
		return ""
	}
	place := strconv.FormatInt(o.Seq, 10)
	if o.Page > 1 {
		place += "/" + strconv.Itoa(o.Page)
	}
	return place
}

func (c *Change) request() string {
	if c.Method == "GET" {
		return c.URL
	}
	return c.Method + " " + c.URL
}

// words describes the change.
func (c *Change) words() string {
	switch {
	case c.latest() == nil:
		return ""
	case c.A == nil || c.B == nil:
		return c.latest().words()
	}
	a, b := c.A.words(), c.B.words()
	if a != b {
		return a + " → " + b
	}
	switch {
	case slices.Contains(c.Changed, "value") && c.Rows > 0:
		return units.Counted(int64(c.Rows), "row", "rows")
	case slices.Contains(c.Changed, "value"):
		return c.A.value() + " → " + c.B.value()
	case slices.Contains(c.Changed, "body"):
		a, b = units.SizeCompared(c.A.Bytes), units.SizeCompared(c.B.Bytes)
		if a == b {
			return a + ", other content"
		}
		return a + " → " + b
	}
	return shown(c.A.ETag) + " → " + shown(c.B.ETag)
}

// maxShown is the maximum width of a value or an ETag.
const maxShown = 20

// value returns what was taken from the body.
func (o *Outcome) value() string {
	if o.Value != nil {
		return shown(string(o.Value))
	}
	var texts []string
	for _, v := range o.Values {
		texts = append(texts, string(v))
	}
	return shown(strings.Join(texts, ", "))
}

// shown returns a value or an ETag, in short.
func shown(text string) string {
	if text == "" {
		return "none"
	}
	return units.Cut(record.Printable(text), maxShown)
}

func (o *Outcome) words() string {
	switch {
	case o.OK || o.Class == "":
		return strconv.Itoa(o.Status)
	case o.Status == 0 || o.Status < 400:
		return record.Printable(o.Class)
	}
	return strconv.Itoa(o.Status) + " " + record.Printable(o.Class)
}

func (t text) latency(l *Latency) {
	t.Line(units.Dim, fmt.Sprintf("%-*s%7s  %7s  %5s  %-14s  verdict", layout.Label, "latency", "A", "B", "B/A", "between"))
	t.group("all", &l.Overall, true)
	for i, name := range units.Hosts(l.PerHost[:min(len(l.PerHost), shownHosts)], func(g *Group) string { return g.Name }) {
		t.group("host "+name, &l.PerHost[i], false)
	}
	t.more(len(l.PerHost)-shownHosts, "host", "hosts")
	different := slices.DeleteFunc(slices.Clone(l.PerURL), func(g Group) bool { return !g.different() })
	for i := range different[:min(len(different), shownURLs)] {
		t.group(record.Printable(different[i].Name), &different[i], false)
	}
	t.more(len(different)-shownURLs, "URL that is different", "URLs that are different")
	if len(l.PerURL) > 0 {
		t.Words("", "URLs", fmt.Sprintf("%s with %d successes or more in both, %d different", units.Count(int64(len(l.PerURL))), minPerURL, len(different)))
	}
	t.beyond(l.BeyondHosts, "hosts", maxHosts)
	t.beyond(l.BeyondURLs, "URLs", maxURLs)
	t.Words("", "verdict", l.words())
}

// beyond says how many results exceed the limits for separate groups.
func (t text) beyond(n int64, what string, most int64) {
	if n > 0 {
		t.Words("", "", fmt.Sprintf("%s of %s beyond the first %s, which were not looked at one by one",
			units.Counted(n, "result is", "results are"), what, units.Count(most)))
	}
}

func (t text) more(n int, one, many string) {
	if n > 0 {
		t.Line("", "… and "+units.Counted(int64(n), "more "+one, "more "+many))
	}
}

// group prints the ratios of a group: all, or those that are different, but at least one.
func (t text) group(name string, g *Group, whole bool) {
	how := fmt.Sprintf("%s and %s values", units.Count(int64(g.A)), units.Count(int64(g.B)))
	if g.Paired {
		how = units.Counted(int64(g.A), "pair", "pairs")
	}
	t.Line("", units.Cut(name, t.Width-len(how)-2)+": "+how)
	if g.Each == nil && len(g.Quantiles) == 0 {
		t.Line("", "  too few to tell")
	}
	different, first := g.different(), true
	row := func(name, a, b string, c *Compared) {
		if whole || first && !different || c.Verdict == VerdictDifferent {
			t.Line(c.style(), fmt.Sprintf("  %-*s%7s  %7s  %5s  %-14s  %s", layout.Label-2, name, a, b, ratioWords(c.Ratio), c.between(), c.words()))
		}
		first = false
	}
	if g.Each != nil {
		row("each pair", "", "", g.Each)
	}
	for i := range g.Quantiles {
		q := &g.Quantiles[i]
		row("p"+strconv.Itoa(q.Percent), units.SecondsCompared(q.A), units.SecondsCompared(q.B), &q.Compared)
	}
}

func (c *Compared) style() string {
	switch {
	case c.Verdict != VerdictDifferent:
		return ""
	case c.Ratio > 1:
		return units.Red
	}
	return units.Green
}

// between returns the interval that determines the verdict.
func (c *Compared) between() string {
	i := c.Corrected
	if c.Verdict == VerdictTooFew {
		i = c.Interval
	}
	ends := [2]string{"?", "?"}
	for n, end := range i {
		if end != nil {
			ends[n] = ratioWords(*end)
		}
	}
	return ends[0] + " and " + ends[1]
}

func (c *Compared) words() string {
	switch {
	case c.Verdict == VerdictDifferent && c.Ratio > 1:
		return "different: slower"
	case c.Verdict == VerdictDifferent:
		return "different: faster"
	case c.Verdict == VerdictTooFew:
		return "too few to tell"
	case c.Visible == nil:
		return "no difference seen"
	}
	return "no difference seen (" + moreWords(*c.Visible) + ")"
}

// words returns the verdict on all.
func (l *Latency) words() string {
	asked, different := l.asked()
	comparisons := units.Counted(asked, "comparison", "comparisons")
	switch {
	case asked == 0:
		return "too few successes to tell anything of latencies"
	case different == 0:
		return "no difference of latencies seen, in " + comparisons
	}
	return fmt.Sprintf("latencies are different in %s of %s; that any is called so by chance has a risk of %.0f %%",
		units.Count(different), comparisons, 100*risk)
}

// moreWords formats by how much a ratio exceeds 1, rounded up: 9 %, 4.5x.
func moreWords(ratio float64) string {
	if ratio < 2.995 {
		return fmt.Sprintf("%.0f %%", math.Ceil(100*(ratio-1)-1e-6))
	}
	return ratioWords(ratio) + "x"
}

// ratioWords formats a ratio: 0.98, 12.3, 123.
func ratioWords(f float64) string {
	switch {
	case f < 9.995:
		return fmt.Sprintf("%.2f", f)
	case f < 99.95:
		return fmt.Sprintf("%.1f", f)
	case f < 99_999:
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.0e", f)
}
