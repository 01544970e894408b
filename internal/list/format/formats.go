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
	untold format = iota // to be detected
	linesFormat
	csvFormat
	tsvFormat
	jsonlFormat
	vegetaFormat
	vegetaJSONFormat
	aria2Format
	harFormat
	sitemapFormat
	someJSONFormat // jsonlFormat or vegetaJSONFormat: a later entry decides
)

// names are the names of the formats that can be requested, after that of untold.
var names = []string{"", "lines", "csv", "tsv", "jsonl", "vegeta", "vegeta-json", "aria2", "har", "sitemap"}

// extensions of files that imply their format. Others, such as .txt, .list and .json, are ambiguous.
var extensions = map[string]format{
	".csv": csvFormat, ".tsv": tsvFormat, ".tab": tsvFormat, ".jsonl": jsonlFormat, ".ndjson": jsonlFormat, ".har": harFormat,
	".xml": sitemapFormat,
}

// Names returns the names of the formats of lists.
func Names() []string { return slices.Clone(names[1:]) }

// Of returns the format with a name; an empty name is untold.
func Of(name string) (format, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return untold, BadInput("", Shortened(name)+" is not a list format", nearestOf(name, names[1:]))
	}
	return format(i), nil
}

// byExtension returns the format implied by a file name, or untold.
func byExtension(name string) format {
	return extensions[path.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))]
}

// choose unpacks the input, rejects what is not text, and selects its decoder.
func (in *Input) choose(r io.Reader) (decoder, error) {
	b, err := in.unpack(r)
	if err != nil {
		return nil, err
	}
	enough := hasFirstLine
	if !in.IsStream() {
		enough = nil // reading a file does not block
	}
	text, marked := bytes.CutPrefix(look(b, enough), []byte(bom))
	if marked {
		b.Discard(len(bom)) // as just seen
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

// decoderOf returns the decoder of a format for what is in r.
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

// beginnings identify a format.
var beginnings = []struct {
	text   *regexp.Regexp
	format format
}{
	{regexp.MustCompile(`^[ \t\r\n]*<(\?xml|urlset|sitemapindex)`), sitemapFormat},
	{regexp.MustCompile(`^[ \t\r\n]*\{[ \t\r\n]*"log"`), harFormat},
	{regexp.MustCompile(`^[ \t\r\n]*\{[ \t\r\n]*["}]`), someJSONFormat}, // vegeta's or ours: the objects tell
	{regexp.MustCompile(`^[ \t\r\n]*\[[ \t\r\n]*[{\]]`), jsonlFormat},
}

// byBeginning detects the format by the beginning of an input, or by what has arrived of a stream.
func byBeginning(text []byte) format {
	for _, b := range beginnings {
		if b.text.Match(text) {
			return b.format
		}
	}
	return byFirstLines(text)
}

const blanks = " \t\r\n"

// byFirstLines detects the format by the first lines that are not empty.
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

// byFirstLine returns the format implied by a single line, or untold.
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

// isHeading reports whether a line names a column for the URL.
func isHeading(line []byte, between byte) bool {
	for cell := range bytes.SplitSeq(line, []byte{between}) {
		if means(strings.Trim(string(cell), `" `), "url") {
			return true
		}
	}
	return false
}

func isIndented(line []byte) bool { return line[0] == ' ' || line[0] == '\t' }

// maxBeginning is how much of an input is examined to detect its format.
const maxBeginning = 64 << 10

// newBuffer returns a reader whose beginning can be examined. Explain converts errors other than the end, unless it
// is nil.
func newBuffer(r io.Reader, explain func(error) error) *bufio.Reader {
	return bufio.NewReaderSize(&once{reader: r, explain: explain}, maxBeginning)
}

// once does not read again after the first error, because a terminal would continue after its end.
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

// look returns the beginning of an input: until enough reports true (if not nil), up to the size of the buffer, or
// everything.
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

// hasFirstLine reports whether a complete line has arrived that is not blank, a comment, or a lone bracket: a stream
// is not waited for any longer to detect its format.
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

// unpack starts reading an input, and unpacks it if it is gzip-compressed.
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

// damaged returns the error of gzip data that cannot be unpacked. System errors are returned unchanged.
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

// sniffed is how much of the beginning of an input is examined to see whether it is text.
const sniffed = 512

// packed are formats with a recognizable beginning, and what unpacks them. gzip is listed for what was packed twice.
var packed = []struct{ magic, name, unpack string }{
	{"\x1f\x8b", "gzip", "zcat"},
	{"\x28\xb5\x2f\xfd", "zstd", "zstdcat"},
	{"\xfd7zXZ\x00", "xz", "xzcat"},
	{"BZh", "bzip2", "bzcat"},
	{"PK\x03\x04", "zip", "unzip -p"},
}

// refuse says what is wrong with an input with this beginning.
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

// hasBinary reports whether there are bytes that do not occur in text: a line of text may begin with BZh.
func hasBinary(head []byte) bool {
	return slices.ContainsFunc(head, func(c byte) bool { return isControl(c) && !strings.ContainsRune("\t\r\n\f", rune(c)) })
}
