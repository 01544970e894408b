// Package list reads request lists: files, standard input, URLs given as arguments, and any number of them one after
// the other, as one sequence of requests.
//
// Lists come in several formats, which package format reads; if there are rows or sets, their entries are templates, which
// package template fills in. Requests are checked by the same rules in all formats, and are read one at a time, in
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

// Options control how a list is read. The zero value is ready to use.
type Options struct {
	// Template holds what all requests share besides number, name and URL: method, header, body, length, timeout.
	// Header and body are shared, not copied.
	Template fetcher.Request

	// Format is the format of all files and streams, one of Formats. Empty means that it is detected for each input,
	// by its name or its beginning.
	Format string
	// Dedupe skips a request if an equal one came before: the same method, URL, header and body. It takes about 30
	// bytes of memory per request.
	Dedupe bool
	// Cookies sends the cookies of a HAR file, which are left out otherwise.
	Cookies bool

	// Content is sent with every request for which the list has no body; nil means that of the template.
	Content *payload.Spec
	// ContentFiles are the files that Content and Query were read from, or that they name, except those named by rows.
	ContentFiles []string
	// Query is appended to the query of each URL.
	Query []payload.Part

	// Rows is a table, a file or - for stdin, and Set are values like "id=1..100": with either of them, every entry of
	// the list is a template that is filled in with each row of the table and each combination of the values. See
	// docs/templates.md.
	Rows string
	Set  []string
	// Batch, if its Column is not empty, makes one request from several rows.
	Batch template.Batch

	// Secrets say what in the list is secret; nil means only the lists of package secret. Columns that fill a
	// credential are added. SecretValues stand for {Name} in every entry, like sets with one value, and are in no row.
	Secrets      *secret.Rules
	SecretValues []template.Secret
	// Common is the Credentials of the previous part of the run, so that requests keep their ids; nil: there was none.
	Common map[string]string

	// Unfilled, if not nil, is called once with a variable in a URL that is sent literally, because the entries are
	// not templates.
	Unfilled func(variable string)

	// SkipBad turns each bad line into a request that fails (fetcher.Request.Err); otherwise the first one ends the
	// list.
	SkipBad bool
}

// List is a list of requests from one or several inputs. Its methods may be called concurrently, but only one
// sequence of requests may be ranged over at a time.
type List struct {
	inputs  []*format.Input
	options Options
	total   int64
	known   bool             // total is valid
	doubles atomic.Int64     // repeated requests
	filled  *template.Filled // nil: the entries are not templates
	woven   *template.Filled // nil: no secrets are filled into the entries
	own     credentials      // of the entries of files and URLs, and of templates
	columns table.Columns    // of the entries' own rows, if all were checked
	content *payload.Payload // from the command line; nil: none, or the entries are templates
	query   *template.Query  // nil: none, or the entries are templates

	mu     sync.Mutex
	open   io.Closer // the file being read
	closed bool
}

// Open opens a list from its sources: each a URL, a file, or - for stdin, which may be nil if no source is "-". Files
// are read completely and checked together with the URLs; the error is a *BadLinesError with all bad lines, unless
// Options.SkipBad is set. Standard input, named pipes and devices are checked while they are read, not now. Templates
// are different: all of them are read, and a table is checked if it is a file, and only its heading is read if it is
// a stream. Errors about the sources or their content match ErrInput.
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
		if err != nil && o.fillsIn() && format.IsTemplate(arg) { // it has a better error than that it is not a file
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
		l.options.Template.Body = func() (io.ReadCloser, error) { return http.NoBody, nil } // replaced by Content, or the body of an entry
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
		l.Close() // a table may be open
		return nil, err
	}
	return l, nil
}

// fillsIn reports whether the entries of the list are templates.
func (o *Options) fillsIn() bool { return o.Rows != "" || len(o.Set) > 0 }

func (l *List) usesStdin() bool {
	return slices.ContainsFunc(l.inputs, (*format.Input).IsStdin)
}

// tellUnfilled arranges that Options.Unfilled is called.
func (l *List) tellUnfilled() {
	if l.options.Unfilled == nil {
		return
	}
	var once sync.Once
	for _, in := range l.inputs {
		in.Unfilled = func(variable string) { once.Do(func() { l.options.Unfilled(variable) }) }
	}
}

// check reads everything that can be read again, counts the requests, and collects the bad lines.
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

// empty returns the error of a list without requests.
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

// Total returns the number of requests, without those that Dedupe skips, and whether it is known. It is not known if
// one of the inputs is a stream, or for templates if the table is one; then the list can be read only once.
func (l *List) Total() (int64, bool) {
	if !l.known {
		return 0, false
	}
	return l.total, true
}

// Duplicates returns the number of requests that were skipped so far because of Dedupe: if Total is known, all of
// them from the start, and otherwise those of the last sequence of requests.
func (l *List) Duplicates() int64 { return l.doubles.Load() }

// Close interrupts the reading of a sequence of requests, if possible: a read of standard input cannot be
// interrupted. It does not close stdin.
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

// Columns returns the names of the columns of a request's Row, or of the Rows of a batch: those of the table, then
// those of Options.Set. It returns nil if the entries are not templates.
func (l *List) Columns() []string { return l.filled.Columns() }

// Templates returns the number of templates; 0 if the entries are not templates.
func (l *List) Templates() int { return l.filled.Templates() }

// UsesTable reports whether what is sent differs between the rows of the table, or there is none.
func (l *List) UsesTable() bool { return l.filled.UsesTable() }

// UnusedSets returns the names of Options.Set that neither an entry nor the content uses.
func (l *List) UnusedSets() []string { return l.filled.UnusedSets() }

// maxRowColumns is the maximum number of columns that RowColumns returns.
const maxRowColumns = 10_000

// RowColumns returns the columns of the rows of requests in order: Columns, and if the entries are not templates,
// those of the entries' own rows. It returns nil if there are none, or if an input is a stream, whose columns are
// unknown.
func (l *List) RowColumns() []string {
	switch {
	case l.filled != nil:
		return l.Columns()
	case !l.known:
		return nil
	}
	return l.columns.Names
}
