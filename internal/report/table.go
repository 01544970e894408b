package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// Rules for the table:
//
//   - Rows are in the order of the list. Up to maxRows all are shown; of more, the slowest and the first failures.
//   - On a terminal no line is wider than the terminal: the last column is cut, never wrapped. Before it becomes too
//     narrow, columns without information are dropped, then names are shortened, then other columns are dropped.
//   - In a file nothing is cut.
//   - Text from a server or a list is printed only through Printable.

const (
	maxRows     = 1000 // with more rows the table is a selection
	selection   = 20   // rows of each part of the selection
	maxFailures = 40   // classes of failure that get a part: more than there are
)

// table keeps the rows that it will print: all while they are few, and the selection from the start.
type table struct {
	w        io.Writer
	run      *Run
	o        Options
	seen     int64
	rows     []*row // nil above maxRows
	slowest  best
	failures map[string]*best
}

func newTable(w io.Writer, run *Run, o Options) Handler {
	slowestFirst := func(a, b *row) int { return cmp.Or(cmp.Compare(b.latency, a.latency), byPlace(a, b)) }
	return &table{w: w, run: run, o: o, slowest: best{order: slowestFirst}, failures: map[string]*best{}}
}

func (t *table) Result(r *record.Record) error {
	if t.o.NoResults {
		return nil
	}
	row := &row{seq: r.Seq, page: r.Page, ok: r.OK, latency: r.Service}
	part := &t.slowest
	if !r.OK {
		class := keep(r.Class)
		if part = t.failures[class]; part == nil && len(t.failures) < maxFailures {
			part = &best{order: byPlace}
			t.failures[class] = part
		}
	}
	kept := part != nil && part.add(row)
	if t.seen++; t.seen <= maxRows {
		t.rows = append(t.rows, row)
		kept = true
	} else {
		t.rows = nil
	}
	if kept { // with a million rows, most are not
		row.fill(r, t.o)
	}
	return nil
}

func (t *table) End(s *measure.Summary) error {
	p := page(t.o)
	switch {
	case t.seen > maxRows:
		t.selected(p)
	case len(t.rows) > 0:
		slices.SortStableFunc(t.rows, byPlace)
		t.o.cutErrors = results(p, t.rows, t.o)
		p.Blank()
	}
	show(p, summary(s, t.run, t.o), layout.Label)
	_, err := t.w.Write(p.Out)
	return err
}

// page returns the page on which a report is laid out.
func page(o Options) *layout.Page {
	return &layout.Page{Width: o.Width, Cut: o.Width > 0, Color: o.Color}
}

// selected prints the selection.
func (t *table) selected(p *layout.Page) {
	p.Parts("", fmt.Sprintf("%s results, too many to list. All of them: -f ndjson, or --report all.csv", units.Count(t.seen)))
	p.Blank()
	if n := len(t.slowest.rows); n > 0 {
		p.Parts("", fmt.Sprintf("the %d slowest of %s that succeeded", n, units.Count(t.slowest.seen)))
		results(p, t.slowest.rows, t.o)
		p.Blank()
	}
	for _, class := range slices.Sorted(maps.Keys(t.failures)) {
		f := t.failures[class]
		title := fmt.Sprintf("all %d with %s", len(f.rows), class)
		if f.seen > int64(len(f.rows)) {
			title = fmt.Sprintf("the first %d of %s with %s", len(f.rows), units.Count(f.seen), class)
		}
		p.Parts("", title)
		results(p, f.rows, t.o)
		p.Blank()
	}
}

// maxText is the maximum number of bytes that the table keeps of a text: 1,000 URLs may be up to 1 MiB long
// each.
const maxText = 8 << 10

// row is what the table keeps of a record.
type row struct {
	seq     int64
	page    int
	ok      bool
	latency record.Micros
	color   string
	cells   []string // all but the last, in column order

	url, class, err string   // safe to print
	file            string   // empty if there is none
	selected        []string // cells of the selected columns; nil if they are in the value column
}

// fill stores what is printed of a record, besides what orders the rows.
func (row *row) fill(r *record.Record, o Options) {
	row.color, row.url, row.class, row.err = units.Green, keep(r.URL), keep(r.Class), keep(shortError(r.Failure()))
	seq, value := fmt.Sprint(r.Seq), ""
	if r.Page > 1 {
		seq = fmt.Sprintf("%d/%d", r.Seq, r.Page)
	}
	if o.HasValues {
		row.selected = selectedOf(r, o.Values)
		value = valueOf(r)
	}
	if !o.BodiesDropped {
		row.file = keep(r.File)
	}
	attempts, waits := r.TotalAttempts(), r.Limiter+r.Backoff // limiter wait and back-off
	switch {
	case !r.OK:
		row.color = units.Red
	case attempts > 1 || unanswered(r) > 0:
		row.color = units.Yellow
	}
	status, latency, ttfb, waited, bytes := units.None, units.None, units.None, units.None, units.None
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
		ttfb = units.Seconds(r.FirstByte())
		bytes = units.Size(r.Bytes)
	}
	if waits > 0 {
		waited = units.Seconds(waits)
	}
	if attempts > 0 || r.Service > 0 { // otherwise it was never sent
		latency = units.Seconds(r.Service)
	}
	row.cells = []string{seq, keep(r.Name), status, latency, ttfb, waited, bytes, value, fmt.Sprint(attempts)}
}

// keep returns a copy of the printable part of s, up to maxText: s may share memory with a whole line of a
// journal.
func keep(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return strings.Clone(record.Printable(s))
}

// shortError removes from an error what its row shows anyway: net/http's `Get "http://…": `.
func shortError(s string) string {
	verb, rest, ok := strings.Cut(s, ` "`)
	if !ok || strings.ContainsAny(verb, " :") {
		return s
	}
	if _, rest, ok = strings.Cut(rest, `": `); !ok || rest == "" {
		return s
	}
	return rest
}

// failure describes what went wrong.
func (r *row) failure() string {
	if strings.HasPrefix(r.err, "timed out") { // the text includes the class
		return r.err
	}
	if r.err != "" && r.err != r.class && r.err != strings.ReplaceAll(r.class, "_", " ") {
		return r.class + ": " + r.err
	}
	return r.class
}

// last returns the last cell in at most n columns: the URL, the file and the URL, or the error and the URL.
func (r *row) last(n int) string {
	if r.ok {
		return r.kept(n)
	}
	what := r.failure()
	const sep = " · "
	if r.url == "" {
		return units.Cut(what, n)
	}
	whole := what + sep + r.url
	if units.Width(whole) <= n {
		return whole
	}
	// The URL gets what the error leaves, but at least two fifths of the room: an error may take more than half
	// of it.
	forURL := min(units.Width(r.url), max(n-units.Width(what)-units.Width(sep), n*2/5))
	if n < 50 {
		forURL = n - units.Width(what) - units.Width(sep) // too narrow for both
	}
	if forURL < 8 {
		return units.Cut(what, n)
	}
	return units.Cut(what, n-forURL-units.Width(sep)) + sep + units.Cut(r.url, forURL)
}

// kept returns the last cell of a success. The name of a file has priority over its URL.
func (r *row) kept(n int) string {
	if r.file == "" {
		return units.Cut(r.url, n)
	}
	const sep, least = " ← ", 8 // minimum useful width of a URL
	if units.Width(r.file+sep)+least <= n {
		return units.Cut(r.file+sep+r.url, n)
	}
	return units.Cut(r.file, n)
}

// byPlace orders rows by their place in the list.
func byPlace(a, b *row) int { return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.page, b.page)) }

// best keeps the first few of many rows by some order, whatever the order in which they arrive.
type best struct {
	rows  []*row
	seen  int64
	order func(a, b *row) int
}

// add reports whether the row is kept, judging by the rows so far.
func (b *best) add(r *row) bool {
	b.seen++
	i, _ := slices.BinarySearchFunc(b.rows, r, b.order)
	if i == selection {
		return false
	}
	b.rows = slices.Insert(b.rows, i, r)
	b.rows = b.rows[:min(len(b.rows), selection)]
	return true
}
