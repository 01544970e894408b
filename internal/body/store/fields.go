package store

import (
	"net/url"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// wishFor makes the name that a request would have if it were alone, for one of its pages, and gives the usual extension
// that its URL has; empty if it has none.
func (t *template) wishFor(req *fetcher.Request, page int) (w wish, ofURL string) {
	v := values{req: req, page: page}
	v.host, v.path = dissect(secret.Of(req).StrippedURL())
	for i, e := range t.folders {
		if i > 0 {
			w.folder += "/"
		}
		w.folder += safeName(v.text(e), longestName)
	}
	w.stem, w.tail = v.text(t.stem), t.tail
	if w.tail == "" && !v.endsInHost { // example.md is no Markdown
		if e := usualExtension(w.stem); e != "" {
			w.stem, w.tail = splitExtension(w.stem)
		}
	}
	w.stem = safeName(w.stem, longestStem-len(w.tail))
	if w.tail == "" {
		ofURL = usualExtension(lastSegment(v.path))
	}
	return w, ofURL
}

// values gives what the fields stand for.
type values struct {
	req        *fetcher.Request
	page       int
	host, path string
	endsInHost bool // the last text ended in the name of a host
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
		if v.req.Name != "" {
			return v.req.Name
		}
		if segment := lastSegment(v.path); segment != "" {
			return segment
		}
		v.endsInHost = true
		return v.host
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

// cells gives the cell of a column, or those of a batch's rows with commas between them.
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

// dissect gives the host, with its port unless it is the scheme's default, and the path of a URL, still encoded and
// without query and fragment. It never gives userinfo; of what is no URL it gives nothing.
func dissect(raw string) (host, path string) {
	u, err := web.Parse(raw)
	if err != nil {
		return "", ""
	}
	path = u.RawPath
	if path == "" {
		path = u.EscapedPath()
	}
	return web.OriginOf(u).Shown(), path
}

// lastSegment gives the last segment of a path that is not empty, decoded; empty if there is none.
func lastSegment(path string) string {
	path = strings.TrimRight(path, "/")
	return segment(path[strings.LastIndexByte(path, '/')+1:])
}

// wholePath gives the segments of a path, decoded, with _ between them.
func wholePath(path string) string {
	var b strings.Builder
	for s := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if b.Len() > 0 {
			b.WriteByte('_')
		}
		b.WriteString(segment(s))
	}
	return b.String()
}

// segment decodes a segment, without its parameters (RFC 3986, section 3.3): they may hold the id of a session.
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
