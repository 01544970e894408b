package store

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/filename"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// fields are the built-in fields of a template, besides the columns, in the order in which messages list them.
var fields = []string{"seq", "page", "name", "host", "path", "file"}

// piece is a part of an element: text, or the content of braces.
type piece struct {
	field string // one of fields, literal or column
	text  string // the text, or the column
}

const (
	literal = ""   // text without braces
	column  = "{}" // a column of the rows
)

// element is the part between two slashes.
type element []piece

// fixed returns the text of an element without braces.
func (e element) fixed() (string, bool) {
	if len(e) == 1 && e[0].field == literal {
		return e[0].text, true
	}
	return "", false
}

// template generates names. It is immutable.
type template struct {
	root    string    // the folder that contains everything, as given by the user
	folders []element // sub-folders below it
	stem    element   // of the file's name
	tail    string    // the extension in the template, with its dot; empty: it follows the content type
	paged   bool      // {page} is used
}

// longestText limits the text of a template in one element, so that there is room for a value.
const longestText = 100

// newTemplate parses Output.
func newTemplate(o *Options) (*template, error) {
	output := filepath.ToSlash(o.Output)
	if output == "" {
		return nil, fmt.Errorf("%w: it is empty; write a folder such as out, or a template such as 'out/{name}.json'", ErrTemplate)
	}
	if strings.ContainsRune(output, 0) {
		return nil, fmt.Errorf("%w: %q: names cannot contain NUL", ErrTemplate, output)
	}
	byName := element{{field: "name"}}
	if info, err := os.Stat(o.Output); err == nil && info.IsDir() {
		return &template{root: o.Output, stem: byName}, nil
	}
	root, rest := divide(output)
	elements, err := parse(o, rest)
	if err != nil {
		return nil, err
	}
	last := element(nil)
	if n := len(elements); n > 0 && !strings.HasSuffix(rest, "/") {
		last = elements[n-1]
		elements = elements[:n-1]
	}
	if text, ok := last.fixed(); ok && filename.Extension(strings.TrimLeft(text, ".")) == "" { // a folder
		elements, last = append(elements, last), nil
	}
	t := &template{root: root, stem: last}
	if last == nil {
		t.stem = byName
	}
	for len(elements) > 0 { // the root is as long as possible
		text, ok := elements[0].fixed()
		if !ok {
			break
		}
		t.root += text + "/"
		elements = elements[1:]
	}
	t.root, t.folders = filepath.FromSlash(cmp.Or(t.root, ".")), elements
	return t, t.finish(output)
}

// divide splits Output after the last slash before the first brace.
func divide(output string) (root, rest string) {
	fixed := output
	if before, _, ok := strings.Cut(output, "{"); ok {
		fixed = before
	} else {
		fixed = strings.TrimRight(output, "/")
	}
	i := strings.LastIndexByte(fixed, '/') + 1
	return output[:i], output[i:]
}

// tokens matches the tokens of a template. Slashes in braces are part of a column's name.
var tokens = regexp.MustCompile(`\{[^}]*\}|[^/{}]+|.`)

// parse parses a template.
func parse(o *Options, text string) (elements []element, err error) {
	var current element
	for _, token := range tokens.FindAllString(text+"/", -1) {
		p := piece{text: token}
		switch {
		case token == "/":
			if current != nil {
				elements, current = append(elements, current), nil
			}
			continue
		case token == "}":
			return nil, fmt.Errorf("%w: %q: there is a } without a {; braces cannot be part of a name", ErrTemplate, text)
		case token == "{":
			return nil, fmt.Errorf("%w: %q: a { is not closed; braces cannot be part of a name", ErrTemplate, text)
		case token[0] == '{':
			if p, err = brace(o, token[1:len(token)-1]); err != nil {
				return nil, err
			}
		}
		current = append(current, p)
	}
	return elements, nil
}

// brace resolves the content of braces: a column has priority over a field of the same name.
func brace(o *Options, content string) (piece, error) {
	if slices.Contains(o.Columns, content) {
		if o.Secret != nil && o.Secret(content) {
			return piece{}, fmt.Errorf("%w: {%s}: this column contains secrets, and file names are visible to everybody; use another", ErrTemplate, content)
		}
		return piece{field: column, text: content}, nil
	}
	if slices.Contains(fields, content) {
		return piece{field: content}, nil
	}
	return piece{}, fmt.Errorf("%w: {%s} is unknown; there are %s; braces cannot be part of a name", ErrTemplate, content, known(o))
}

// known lists what braces may contain.
func known(o *Options) string {
	const most = 20
	all, more := slices.Clone(fields), ""
	for _, c := range o.Columns {
		if o.Secret == nil || !o.Secret(c) {
			all = append(all, c)
		}
	}
	if n := len(fields) + most; len(all) > n {
		all, more = all[:n], fmt.Sprintf(" and more: there are %d columns", len(o.Columns))
	}
	return "{" + strings.Join(all, "} {") + "}" + more
}

// finish determines the extension, and rejects text that is not allowed in names.
func (t *template) finish(output string) error {
	n := len(t.stem) - 1
	if p := t.stem[n]; p.field == literal {
		stem, tail := filename.SplitExtension(p.text)
		switch {
		case tail == "":
		case stem != "":
			t.stem = append(slices.Clone(t.stem[:n]), piece{text: stem})
			t.tail = tail
		case n > 0:
			t.stem, t.tail = t.stem[:n], tail
		}
	}
	if safe := filename.Safe("x"+t.tail, longestName); safe != "x"+t.tail {
		return refused(output, t.tail, safe[1:])
	}
	for i, e := range append(slices.Clone(t.folders), t.stem) {
		size := 0
		if i == len(t.folders) {
			size = len(t.tail)
		}
		for _, p := range e {
			if p.field == literal {
				size += len(p.text)
			}
			t.paged = t.paged || p.field == "page"
		}
		if size > longestText {
			return fmt.Errorf("%w: %q: there are more than %d bytes of text between two slashes; make it shorter", ErrTemplate, output, longestText)
		}
		if text, ok := e.fixed(); ok && filename.Safe(text, longestName) != text {
			return refused(output, text, filename.Safe(text, longestName))
		}
	}
	return nil
}

func refused(output, text, instead string) error {
	return fmt.Errorf("%w: %q: %q is not safe as a name; write %q", ErrTemplate, output, text, instead)
}

// candidateFor returns the name that a page of a request would have if it were alone, and the usual extension of its
// URL; empty if it has none.
func (t *template) candidateFor(req *fetcher.Request, page int) (w candidate, ofURL string) {
	v := values{req: req, page: page}
	v.host, v.path = dissect(secret.Of(req).StrippedURL())
	for i, e := range t.folders {
		if i > 0 {
			w.folder += "/"
		}
		w.folder += filename.Safe(v.text(e), longestName)
	}
	w.stem, w.tail = v.text(t.stem), t.tail
	if w.tail == "" && !v.endsInHost { // example.md is not Markdown
		if e := filename.UsualExtension(w.stem); e != "" {
			w.stem, w.tail = filename.SplitExtension(w.stem)
		}
	}
	w.stem = filename.Safe(w.stem, longestStem-len(w.tail))
	if w.tail == "" {
		ofURL = filename.UsualExtension(lastSegment(v.path))
	}
	return w, ofURL
}

// values are the values of the fields.
type values struct {
	req        *fetcher.Request
	page       int
	host, path string
	endsInHost bool // the last text ended with the name of a host
}

func (v *values) text(e element) string {
	if len(e) == 1 {
		return v.value(e[0])
	}
	var b strings.Builder
	for _, p := range e {
		b.WriteString(v.value(p))
	}
	return b.String()
}

func (v *values) value(p piece) string {
	v.endsInHost = false
	switch p.field {
	case column:
		return v.cells(p.text)
	case "seq":
		return strconv.FormatInt(v.req.Seq, 10)
	case "page":
		return strconv.Itoa(v.page)
	case "name":
		if name := cmp.Or(v.req.Name, lastSegment(v.path)); name != "" {
			return name
		}
		fallthrough
	case "host":
		v.endsInHost = true
		return v.host
	case "path":
		return wholePath(v.path)
	case "file":
		return lastSegment(v.path)
	}
	return p.text
}

// cells returns the cell of a column, or those of a batch's rows with commas between them.
func (v *values) cells(column string) string {
	if len(v.req.Rows) == 0 {
		cell, _ := v.req.Row.Get(column)
		return cell
	}
	cells := make([]string, len(v.req.Rows))
	for i, row := range v.req.Rows {
		cells[i], _ = row.Get(column)
	}
	return strings.Join(cells, ",")
}

// dissect returns the host, with its port unless it is the scheme's default, and the path of a URL, still encoded
// and without query and fragment. It never returns userinfo; for what is not a URL it returns nothing.
func dissect(raw string) (host, path string) {
	u, err := web.Parse(raw)
	if err != nil {
		return "", ""
	}
	return web.OriginOf(u).Shown(), cmp.Or(u.RawPath, u.EscapedPath())
}

// lastSegment returns the last segment of a path that is not empty, decoded; empty if there is none.
func lastSegment(path string) string {
	path = strings.TrimRight(path, "/")
	return segment(path[strings.LastIndexByte(path, '/')+1:])
}

// wholePath returns the segments of a path, decoded, with _ between them.
func wholePath(path string) string {
	var all []string
	for s := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		all = append(all, segment(s))
	}
	return strings.Join(all, "_")
}

// segment decodes a segment, without its parameters (RFC 3986, section 3.3), which may contain a session id.
func segment(s string) string {
	s, _, _ = strings.Cut(s, ";")
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
