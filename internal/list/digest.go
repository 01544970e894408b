package list

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/list/table"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// digestVersion is hashed first. It must change with any change in what is hashed, or how: digests of different kinds
// must never be equal.
const digestVersion = "list 2"

// Digest returns the SHA-256, in hexadecimal, of everything that the list is made from: each source in order, the
// table of Options.Rows, the values of Options.Set, Options.Content and its files, and the options for reading them.
// Equal digests mean equal lists. It is empty, without an error, if the list or its table comes from a stream, which
// cannot be read twice.
//
// Files count by their content, and by the format that their extension implies, not by name. They are read again, as
// they are now. URLs and sets from the command line are first passed to mask, which removes secrets, because a weak
// password could be guessed from its hash. A nil mask changes nothing.
//
// The error is an *InputError if a file cannot be read, or the cause of ctx.
func (l *List) Digest(ctx context.Context, mask func(text string) string) (string, error) {
	if slices.ContainsFunc(l.inputs, (*format.Input).IsStream) || l.filled != nil && l.filled.IsStream() {
		return "", nil
	}
	if mask == nil {
		mask = func(text string) string { return text }
	}
	d := &digest{ctx: ctx, mask: mask, hasher: hasher{Hash: sha256.New()}}
	if err := d.list(l); err != nil {
		return "", err
	}
	return hex.EncodeToString(d.Sum(nil)), nil
}

// digest is a digest under construction.
type digest struct {
	ctx  context.Context
	mask func(string) string
	hasher
}

func (d *digest) list(l *List) error {
	o := &l.options
	d.add(digestVersion, "cookies", strconv.FormatBool(o.Cookies), "dedupe", strconv.FormatBool(o.Dedupe), "skip bad", strconv.FormatBool(o.SkipBad))
	d.add("batch", o.Batch.Column, strconv.Itoa(o.Batch.Size))
	for _, in := range l.inputs {
		if err := d.input(in); err != nil {
			return err
		}
	}
	if l.filled != nil && l.filled.Table() != nil {
		in := l.filled.Table()
		d.add("rows", strconv.Itoa(int(table.FormatOf(in.Text))))
		if err := d.file(in.Text, in.Unreadable); err != nil {
			return err
		}
	}
	if o.Content != nil {
		d.add("content", o.Secrets.MaskBody(o.Template.Header.Get("Content-Type"), payload.Text(o.Content.Parts)))
		for _, f := range o.Content.Fields {
			if d.add("field", f.Name); o.Secrets.Parameter(f.Name) == secret.Data {
				d.add(f.Text)
			}
		}
	}
	for _, name := range o.ContentFiles {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue // named by rows, or a pipe
		}
		d.add("body")
		if err := d.file(name, format.UnreadableBody); err != nil {
			return err
		}
	}
	for _, text := range o.Set {
		name, file, isFile := strings.Cut(text, "=@")
		if !isFile || strings.Contains(name, "=") {
			d.add("set", d.mask(text))
			continue
		}
		d.add("set of a file", name)
		if err := d.file(file, func(err error) error { return template.UnreadableSet(name, file, err) }); err != nil {
			return err
		}
	}
	return nil
}

// input adds a source.
func (d *digest) input(in *format.Input) error {
	if in.IsURL() {
		d.add("url", d.mask(in.Text))
		return nil
	}
	d.add("file", in.Told())
	return d.file(in.Text, in.Unreadable)
}

// file adds the content of a file: its length and its own hash, because the length is known only at the end.
// Unreadable converts a system error.
func (d *digest) file(name string, unreadable func(error) error) error {
	f, err := os.Open(name)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	stop := context.AfterFunc(d.ctx, func() { f.Close() })
	defer stop()
	content := sha256.New()
	length, err := io.Copy(content, f)
	switch {
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case err != nil:
		return unreadable(err)
	}
	d.add(strconv.FormatInt(length, 10), string(content.Sum(nil)))
	return nil
}

// seen detects repeated requests, by what is sent: method, URL, header and body. It keeps 16 bytes for each, which
// take about 30 in a map.
type seen struct {
	sums map[[16]byte]struct{}
	hasher
}

// newSeen returns nil if repeated requests are allowed.
func (l *List) newSeen() *seen {
	if !l.options.Dedupe {
		return nil
	}
	return &seen{map[[16]byte]struct{}{}, hasher{Hash: sha256.New()}}
}

// hasher hashes strings with their lengths, so that different lists of strings never give the same input.
type hasher struct {
	hash.Hash
	text []byte
}

func (h *hasher) add(parts ...string) {
	for _, part := range parts {
		h.text = append(binary.AppendUvarint(h.text[:0], uint64(len(part))), part...)
		h.Write(h.text)
	}
}

// again reports whether an equal request came before. A request that fails because of the list, or whose body cannot
// be read, equals no other.
func (s *seen) again(req *fetcher.Request) bool {
	if s == nil || req.Err != nil {
		return false
	}
	s.Reset()
	s.add(cmp.Or(req.Method, "GET"), web.Comparable(req.URL))
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		s.add(name)
		s.add(req.Header[name]...)
		s.add("") // separates values from names, because it is no name
	}
	if req.Body != nil && !s.addBody(req) {
		return false
	}
	sum := [16]byte(s.Sum(s.text[:0])[:16])
	_, again := s.sums[sum]
	s.sums[sum] = struct{}{}
	return again
}

func (s *seen) addBody(req *fetcher.Request) bool {
	body, err := req.Body()
	if err != nil {
		return false
	}
	defer body.Close()
	s.add("body")
	_, err = io.Copy(s, body)
	return err == nil
}
