// Package list reads request lists: files, standard input, URLs given as arguments, and any number of them one after
// the other, as one sequence of requests.
//
// Lists come in several formats, which package format reads; where there are rows or sets, its entries are templates, which
// package template fills in. What they say of a request is checked by the same rules, and they are read piece by piece, in
// memory that does not grow with the list.
package list

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/list/table"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Options say how a list is read. The zero value is ready to use.
type Options struct {
	// Template holds what every request has beside its number, name and URL: method, header, body, length, time-out.
	// Its header and body are shared by all requests, not copied.
	Template fetcher.Request

	// Format is the format of all files and streams, one of Formats. Empty means that each input tells its own, by its
	// name or by how it begins.
	Format string
	// Dedupe passes over a request that came before: the same method, URL, header and body. It takes about 30 bytes of
	// memory for each request.
	Dedupe bool
	// Cookies sends the cookies that a HAR file has, which are left out otherwise.
	Cookies bool

	// Content is what is sent with every request that the list gives no body; nil is the template's own.
	Content *payload.Spec
	// ContentFiles are the files that Content and Query were read from, or name, as far as rows do not name them.
	ContentFiles []string
	// Query is put behind the query of each URL.
	Query []payload.Part

	// Rows is a table, a file or - for stdin, and Set are values like "id=1..100": with either, every entry of the list is
	// a template that is filled in with each row of the table and each combination of the values. See docs/templates.md.
	Rows string
	Set  []string
	// Batch, if its Column is not empty, makes one request for several rows.
	Batch template.Batch

	// Secrets say what in the list is secret; nil knows the lists of package secret alone. Columns that fill a credential
	// are added to them. SecretValues stand for {Name} in every entry, as sets with one value do, and are in no row.
	Secrets      *secret.Rules
	SecretValues []template.Secret
	// Common is what Credentials was in the leg before, so that requests are known by what they were known by then; nil:
	// there was none.
	Common map[string]string

	// Unfilled, if not nil, is told, once, of a variable in a URL that is sent as it stands, since the entries are no templates.
	Unfilled func(variable string)

	// SkipBad makes a request of each bad line, which fails (fetcher.Request.Err), where otherwise the first would end the
	// list.
	SkipBad bool
}

// List is a list of requests from one or several inputs. Its methods may be called concurrently, but only one sequence
// of requests may be ranged at a time.
type List struct {
	inputs  []*format.Input
	options Options
	total   int64
	known   bool             // total is the total
	doubles atomic.Int64     // requests that came before
	filled  *template.Filled // nil: the entries are no templates
	woven   *template.Filled // nil: no secret is put into the entries
	own     credentials      // that the entries bring, of files and URLs, and templates
	columns table.Columns    // of the rows that entries have themselves, where all were checked
	content *payload.Payload // of the command line; nil: there is none, or the entries are templates
	query   *template.Query  // nil: nothing is added, or the entries are templates

	mu     sync.Mutex
	open   io.Closer // the file that is being read
	closed bool
}

// Open makes a list of its sources: each a URL, a file, or - for stdin, which may be nil if no source is "-". Files are
// read to their end and checked together with the URLs; every bad line is in the error, a *BadLinesError, unless
// Options.SkipBad is set. Standard input, named pipes and devices are not touched yet: they are checked as they are read.
// Templates are an exception: all are read, of a table that is a stream the heading is, and a table in a file is checked.
// Errors that come of what the sources are, or hold, match ErrInput.
func Open(ctx context.Context, args []string, stdin io.Reader, o Options) (*List, error) {
	if len(args) == 0 {
		return nil, format.BadInput("", "no source is given", "name a file, a URL, or - for standard input")
	}
	f, err := format.Of(o.Format)
	if err != nil {
		return nil, err
	}
	if o.Secrets == nil {
		o.Secrets = secret.NewRules()
	}
	o.Template.Tag = &secret.Origin{Rules: o.Secrets, OwnURL: true}
	l := &List{options: o, known: true, own: credentials{}}
	for i, arg := range args {
		in, err := format.NewInput(i, arg, stdin)
		if err != nil && o.fillsIn() && format.IsTemplate(arg) { // of one that cannot be, more is said than that it is no file
			in, err = format.TemplateInput(i, arg), nil
		}
		if err != nil {
			return nil, err
		}
		in.Format, in.Cookies = f, o.Cookies
		if in.IsStdin() && l.usesStdin() {
			return nil, format.BadInput("-", "standard input is named twice", "write - once")
		}
		l.inputs = append(l.inputs, in)
		l.known = l.known && !in.IsStream()
	}
	if o.Content != nil {
		l.options.Template.Body = func() (io.ReadCloser, error) { return http.NoBody, nil } // Content, or the body of an entry, takes its place
	}
	switch {
	case o.fillsIn():
		err = l.openTemplates(ctx, stdin)
	case len(o.SecretValues) > 0:
		l.woven, err = template.Open(template.Sources{Secrets: o.SecretValues, Content: o.Content, Query: o.Query, Rules: o.Secrets}, nil)
		if err == nil {
			for _, in := range l.inputs {
				in.Templates = l.woven.CheckWoven
			}
		}
	default:
		l.tellUnfilled()
		if l.query, err = template.NewQuery(o.Query); err == nil && o.Content != nil {
			if l.content, err = o.Content.Once(); err != nil {
				err = format.UnreadableBody(err)
			}
		}
	}
	if err == nil {
		err = l.check(ctx)
	}
	if err != nil {
		l.Close() // what may be open of a table
		return nil, err
	}
	return l, nil
}

// fillsIn reports whether the entries of the list are templates.
func (o *Options) fillsIn() bool { return o.Rows != "" || len(o.Set) > 0 }

func (l *List) usesStdin() bool {
	return slices.ContainsFunc(l.inputs, (*format.Input).IsStdin)
}

// tellUnfilled has Options.Unfilled called.
func (l *List) tellUnfilled() {
	if l.options.Unfilled == nil {
		return
	}
	var once sync.Once
	for _, in := range l.inputs {
		in.Unfilled = func(variable string) { once.Do(func() { l.options.Unfilled(variable) }) }
	}
}

// check goes through all that can be read again, counts the requests, and gathers the bad lines.
func (l *List) check(ctx context.Context) (err error) {
	var bad format.BadLinesError
	onBad := func(line *format.LineError) error {
		if l.options.SkipBad {
			l.total++
			l.columns.Add(line.Partial.Row, maxRowColumns)
		} else {
			bad.Add(line)
		}
		return nil
	}
	before := l.newSeen()
	count := func(req *fetcher.Request) error {
		if before.again(req) {
			l.doubles.Add(1)
		} else {
			l.total++
		}
		return nil
	}
	switch {
	case l.filled == nil:
		again := slices.DeleteFunc(slices.Clone(l.inputs), (*format.Input).IsStream)
		var req fetcher.Request // of each entry, one after the other
		err = l.readAll(ctx, again, onBad, func(_ *format.Input, d *format.Reader) error {
			l.build(d, &req)
			if own := secret.Of(&req).Credentials(); own != "" {
				l.own.add(web.HostOf(req.URL), own)
			}
			l.columns.Add(req.Row, maxRowColumns)
			return count(&req)
		})
	case l.known:
		v := template.Visitor{Hold: l.hold(ctx), Give: count, Bad: onBad}
		if before == nil {
			v.Count = func(requests int64) { l.total += requests }
		}
		err = l.filled.Walk(ctx, v)
	}
	switch {
	case err != nil:
		return err
	case bad.Count > 0:
		return &bad
	case l.known && l.total == 0:
		return l.empty()
	}
	return nil
}

// empty is the error of a list without requests.
func (l *List) empty() error {
	if l.Templates() > 0 {
		return l.filled.NoRows()
	}
	var names []string
	for _, in := range l.inputs {
		names = append(names, in.Name)
	}
	hint := "write one URL on each line"
	if f := l.options.Format; f != "" && f != "lines" {
		hint = "it was read in the format " + f
	}
	return format.BadInput("", "no requests in "+format.Enumerate(names, 3, strings.Clone), hint)
}

// Total is the number of requests, without those that Dedupe passes over, and whether it is known: it is not if one of the
// inputs is a stream, or for templates the table, which also decides whether the list can be read more than once.
func (l *List) Total() (int64, bool) {
	if !l.known {
		return 0, false
	}
	return l.total, true
}

// Duplicates is the number of requests that were passed over so far because the same came before: from the start, those of
// files and URLs if Total is known, and otherwise those that the last sequence of requests has met.
func (l *List) Duplicates() int64 { return l.doubles.Load() }

// Close ends a sequence of requests that is being read, where that is possible: a read of standard input cannot be
// interrupted. It closes no stdin.
func (l *List) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.open == nil {
		return nil
	}
	if err := l.open.Close(); !errors.Is(err, fs.ErrClosed) { // closed already: its context was cancelled
		return err
	}
	return nil
}

// openTemplates reads the heading of the table and all templates.
func (l *List) openTemplates(ctx context.Context, stdin io.Reader) (err error) {
	o := &l.options
	if o.Rows == "-" && l.usesStdin() {
		return format.BadInput("-", "standard input is named twice", "write - once, for the list or for --rows")
	}
	l.filled, err = template.Open(template.Sources{
		Rows: o.Rows, Set: o.Set, Batch: o.Batch, Content: o.Content, Query: o.Query, Secrets: o.SecretValues, Rules: o.Secrets,
	}, stdin)
	if err != nil {
		return err
	}
	if stream := l.filled.Stream(); stream != nil {
		l.open = stream
	}
	var bad format.BadLinesError
	onBad := func(line *format.LineError) error {
		bad.Add(line)
		return nil
	}
	for _, in := range l.inputs {
		in.Templates = l.filled.Check
	}
	err = l.readAll(ctx, l.inputs, onBad, func(in *format.Input, d *format.Reader) error {
		req := l.options.Template
		d.Fill(&req)
		return l.filled.Add(in, req, d.HasBody())
	})
	switch {
	case err != nil:
		return err
	case bad.Count > 0:
		return &bad
	case l.filled.Templates() == 0:
		return l.empty()
	}
	l.filled.FindSecrets(l.own.add, l.isCommon)
	l.known = !l.filled.IsStream()
	return l.filled.NameColumn()
}

// Columns are the names of the columns of a request's Row, or of the Rows of a batch: those of the table, then those of
// Options.Set. It is nil if the entries of the list are no templates.
func (l *List) Columns() []string { return l.filled.Columns() }

// Templates is how many templates there are; 0 if the entries of the list are none.
func (l *List) Templates() int { return l.filled.Templates() }

// UsesTable reports whether what is sent differs from row to row of the table, if there is one.
func (l *List) UsesTable() bool { return l.filled.UsesTable() }

// UnusedSets are the names of Options.Set that no entry of the list uses, nor what is sent with it.
func (l *List) UnusedSets() []string { return l.filled.UnusedSets() }

// maxRowColumns is how many columns are told of.
const maxRowColumns = 10_000

// RowColumns are the columns that the rows of requests have, in their order: Columns, and where the entries of the list are
// no templates, those of all rows that the entries have themselves. It is nil if they have none, or if an input is a stream,
// of which nobody knows what will come.
func (l *List) RowColumns() []string {
	switch {
	case l.filled != nil:
		return l.Columns()
	case !l.known:
		return nil
	}
	return l.columns.Names
}
