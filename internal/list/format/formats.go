package format

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/list/table"
)

// format is a format of lists.
type format uint8

const (
	untold format = iota // the input tells it
	linesFormat
	csvFormat
	tsvFormat
	jsonlFormat
	vegetaFormat
	vegetaJSONFormat
	aria2Format
	harFormat
	sitemapFormat
	someJSONFormat // jsonlFormat or vegetaJSONFormat: a later entry tells
)

// names are those of the formats that can be asked for, behind that of the untold one.
var names = []string{"", "lines", "csv", "tsv", "jsonl", "vegeta", "vegeta-json", "aria2", "har", "sitemap"}

// extensions of files tell their formats. Of others, like .txt, .list and .json, there are several kinds.
var extensions = map[string]format{
	".csv": csvFormat, ".tsv": tsvFormat, ".tab": tsvFormat, ".jsonl": jsonlFormat, ".ndjson": jsonlFormat, ".har": harFormat,
	".xml": sitemapFormat,
}

// Names are the names of the formats of lists, that a list can be asked for in.
func Names() []string { return slices.Clone(names[1:]) }

// Of gives the format of a name; an empty one is untold.
func Of(name string) (format, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return untold, BadInput("", Shortened(name)+" is no format of lists", nearestOf(name, names[1:]))
	}
	return format(i), nil
}

// byExtension is the format that a file's name tells, or untold.
func byExtension(name string) format {
	return extensions[path.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))]
}

// choose unpacks the input, refuses what is no text, and finds its decoder.
func (in *Input) choose(r io.Reader) (decoder, error) {
	b, err := in.unpack(r)
	if err != nil {
		return nil, err
	}
	enough := hasFirstLine
	if !in.IsStream() {
		enough = nil // a file does not make anyone wait
	}
	text, marked := bytes.CutPrefix(look(b, enough), []byte(bom))
	if marked {
		b.Discard(len(bom)) // which is there
	}
	if err := in.refuse(text[:min(len(text), sniffed)]); err != nil {
		return nil, err
	}
	f := in.told()
	if f == untold {
		f = byBeginning(text)
	}
	return in.decoderOf(f, b), nil
}

// decoderOf is the decoder of a format for what is in r.
func (in *Input) decoderOf(f format, r io.Reader) decoder {
	switch e := in.entry(); f {
	case csvFormat:
		return &tabular{entry: e, input: in.Name, reader: table.NewReader(r, table.CSV)}
	case tsvFormat:
		return &tabular{entry: e, input: in.Name, reader: table.NewReader(r, table.TSV)}
	case jsonlFormat, vegetaJSONFormat, someJSONFormat:
		return newObjects(e, r, f)
	case vegetaFormat:
		return &vegeta{lineEntry: lineEntry{e, table.NewLineReader(r)}}
	case aria2Format:
		return &aria2{lineEntry: lineEntry{e, table.NewLineReader(r)}}
	case harFormat:
		return &har{entry: e, stream: jsonx.NewStream(r), cookies: in.Cookies}
	case sitemapFormat:
		return newSitemap(e, r)
	default:
		return &lines{lineEntry{e, table.NewLineReader(r)}}
	}
}

func (in *Input) entry() entry {
	return entry{parser: Parser{raw: in.Templates, unfilled: in.Unfilled}}
}

// beginnings are those that tell a format.
var beginnings = []struct {
	text   *regexp.Regexp
	format format
}{
	{regexp.MustCompile(`^[ \t\r\n]*<(\?xml|urlset|sitemapindex)`), sitemapFormat},
	{regexp.MustCompile(`^[ \t\r\n]*\{[ \t\r\n]*"log"`), harFormat},
	{regexp.MustCompile(`^[ \t\r\n]*\{[ \t\r\n]*["}]`), someJSONFormat}, // vegeta's or ours: the objects tell
	{regexp.MustCompile(`^[ \t\r\n]*\[[ \t\r\n]*[{\]]`), jsonlFormat},
}

// byBeginning tells the format from how an input begins, or from as much as has come of a stream.
func byBeginning(text []byte) format {
	for _, b := range beginnings {
		if b.text.Match(text) {
			return b.format
		}
	}
	return byFirstLines(text)
}

const blanks = " \t\r\n"

// byFirstLines looks at the lines that hold something.
func byFirstLines(text []byte) format {
	first := true
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, blanks)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if first {
			if f := byFirstLine(line); f != untold {
				return f
			}
		} else if isIndented(line) && isOption(line) {
			return aria2Format
		}
		if at, _ := FindScheme(line); at != 0 {
			return linesFormat
		}
		first = false
	}
	return linesFormat
}

// byFirstLine is the format that a single line tells, or untold.
func byFirstLine(line []byte) format {
	word, rest, _ := bytes.Cut(line, []byte(" "))
	at, _ := FindScheme(line)
	switch {
	case at < 0 && bytes.IndexByte(line, '\t') >= 0 && isHeading(line, '\t'):
		return tsvFormat
	case at < 0 && (isHeading(line, ',') || isHeading(line, ';')):
		return csvFormat
	case at > 0 && isMethod(word) && at == len(line)-len(bytes.TrimLeft(rest, blanks)):
		return vegetaFormat
	case at == 0:
		if _, mirror, ok := bytes.Cut(line, []byte("\t")); ok {
			if at, _ := FindScheme(bytes.TrimLeft(mirror, blanks)); at == 0 {
				return aria2Format
			}
		}
	}
	return untold
}

// isHeading reports whether one of the columns that a line names is the URL.
func isHeading(line []byte, between byte) bool {
	for cell := range bytes.SplitSeq(line, []byte{between}) {
		if means(strings.Trim(string(cell), `" `), "url") {
			return true
		}
	}
	return false
}

func isIndented(line []byte) bool { return line[0] == ' ' || line[0] == '\t' }

// maxBeginning is how much of an input is looked at to tell its format.
const maxBeginning = 64 << 10

// newBuffer makes a reader whose beginning can be looked at. What explains an error, if not nil, is not asked about the end.
func newBuffer(r io.Reader, explain func(error) error) *bufio.Reader {
	return bufio.NewReaderSize(&once{reader: r, explain: explain}, maxBeginning)
}

// once asks a reader no more after its first error, since a terminal would go on after its end.
type once struct {
	reader  io.Reader
	explain func(error) error
	err     error
}

func (o *once) Read(p []byte) (n int, err error) {
	if o.err != nil {
		return 0, o.err
	}
	n, o.err = o.reader.Read(p)
	if o.err != nil && o.err != io.EOF && o.explain != nil {
		o.err = o.explain(o.err)
	}
	return n, o.err
}

// look gives how an input begins: as much as is enough (nil: nothing is), or fits into the buffer, or all that there is.
func look(b *bufio.Reader, enough func([]byte) bool) []byte {
	for n := 1; ; {
		_, err := b.Peek(n)
		text, _ := b.Peek(b.Buffered())
		if err != nil || len(text) == b.Size() || enough != nil && enough(text) {
			return text
		}
		n = len(text) + 1
	}
}

// hasFirstLine reports whether a whole line has come that is neither blank nor a comment, nor a lone bracket: what tells
// the format, as far as a stream may be waited for.
func hasFirstLine(text []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte(bom))) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return false
		}
		if line = bytes.TrimSpace(line); len(line) > 1 && line[0] != '#' {
			return true
		}
	}
	return false
}

// unpack begins to read an input, and unpacks it if it is gzip-compressed.
func (in *Input) unpack(r io.Reader) (*bufio.Reader, error) {
	b := newBuffer(r, nil)
	if magic, _ := b.Peek(2); string(magic) != "\x1f\x8b" {
		return b, nil
	}
	unpacked, err := gzip.NewReader(b)
	if err != nil {
		return nil, in.damaged(err)
	}
	return newBuffer(unpacked, in.damaged), nil
}

// damaged is the error of gzip data that cannot be unpacked. Errors of the system stay what they are.
func (in *Input) damaged(err error) error {
	problem := ""
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		problem = "is gzip-compressed, and ends too early"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, new(flate.CorruptInputError)):
		problem = "is gzip-compressed, and damaged"
	default:
		return in.Unreadable(err)
	}
	return &InputError{Input: in.Name, Problem: problem, Hint: "make or fetch the file again", Err: err}
}

// sniffed is how much of the beginning of an input is looked at to see whether it is text.
const sniffed = 512

// packed are the formats whose beginnings tell them, and what unpacks them. gzip is here for what was packed twice.
var packed = []struct{ magic, name, unpack string }{
	{"\x1f\x8b", "gzip", "zcat"},
	{"\x28\xb5\x2f\xfd", "zstd", "zstdcat"},
	{"\xfd7zXZ\x00", "xz", "xzcat"},
	{"BZh", "bzip2", "bzcat"},
	{"PK\x03\x04", "zip", "unzip -p"},
}

// refuse says what is wrong with an input that begins like this.
func (in *Input) refuse(head []byte) error {
	file := in.Name
	if in.kind == stdinInput {
		file = "FILE"
	}
	for _, f := range packed {
		if bytes.HasPrefix(head, []byte(f.magic)) && hasBinary(head) {
			return BadInput(in.Name, "is "+f.name+"-compressed", "use "+f.unpack+" "+file+" | fetch -")
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return BadInput(in.Name, "is encoded in UTF-16",
			"save it as UTF-8, or use iconv -f UTF-16 -t UTF-8 "+file+" | fetch -")
	case bytes.IndexByte(head, 0) >= 0:
		return BadInput(in.Name, "is a binary file, not a list", "write one URL on each line")
	}
	return nil
}

// hasBinary reports whether there are bytes that no text has: a line of text may begin with BZh.
func hasBinary(head []byte) bool {
	return slices.ContainsFunc(head, func(c byte) bool { return isControl(c) && !strings.ContainsRune("\t\r\n\f", rune(c)) })
}
