package format

import (
	"bytes"
	"io"
	"path"
	"slices"
	"strings"

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

// formatNames are the names of the formats that can be asked for, from linesFormat on.
var formatNames = [...]string{"lines", "csv", "tsv", "jsonl", "vegeta", "vegeta-json", "aria2", "har", "sitemap"}

// Names are the names of the formats of lists, that a list can be asked for in.
func Names() []string { return slices.Clone(formatNames[:]) }

// Of gives the format of a name; an empty one is untold.
func Of(name string) (format, error) {
	if name == "" {
		return untold, nil
	}
	for i, known := range formatNames {
		if name == known {
			return linesFormat + format(i), nil
		}
	}
	return untold, &InputError{
		Problem: Shortened(name) + " is no format of lists", Hint: nearestOf(name, formatNames[:]),
	}
}

// extensions are those that tell the format of a file. Of others, like .txt, .list and .json, there are several kinds.
var extensions = map[string]format{
	".csv": csvFormat, ".tsv": tsvFormat, ".tab": tsvFormat, ".jsonl": jsonlFormat, ".ndjson": jsonlFormat,
	".har": harFormat, ".xml": sitemapFormat,
}

// byExtension is the format that a file's name tells, or untold.
func byExtension(name string) format {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return extensions[path.Ext(name)]
}

// told is the decoder of an input whose format is found out when its first entry is asked for.
type told struct {
	Decoder // nil before
	input   *Input
	reader  io.Reader
}

func (t *told) Next() error {
	if t.Decoder == nil {
		d, err := t.input.choose(t.reader)
		if err != nil {
			return err
		}
		t.Decoder, t.reader = d, nil
	}
	return t.Decoder.Next()
}

// choose unpacks the input, refuses what is no text, and finds its decoder.
func (in *Input) choose(r io.Reader) (Decoder, error) {
	begin, err := in.unpack(r)
	if err != nil {
		return nil, err
	}
	enough := hasFirstLine
	if !in.IsStream() {
		enough = never // a file does not make anyone wait
	}
	begin.look(enough)
	begin.held = bytes.TrimPrefix(begin.held, []byte(bom))
	text := begin.held
	if err := in.refuse(text[:min(len(text), sniffed)]); err != nil {
		return nil, err
	}
	f := in.Format
	if f == untold && in.kind != stdinInput {
		f = byExtension(in.Text)
	}
	if f == untold {
		f = byBeginning(text)
	}
	return in.decoderOf(f, begin), nil
}

func (in *Input) decoderOf(f format, begin *beginning) Decoder {
	var r io.Reader = begin
	e := entry{parser: Parser{raw: in.Templates}}
	switch f {
	case csvFormat:
		return &tabular{entry: e, input: in.Name, reader: table.NewReader(r, table.CSV)}
	case tsvFormat:
		return &tabular{entry: e, input: in.Name, reader: table.NewReader(r, table.TSV)}
	case jsonlFormat, vegetaJSONFormat, someJSONFormat:
		return newObjects(in.Name, e, begin, begin.held, f)
	case vegetaFormat:
		return &vegeta{entry: e, input: in.Name, reader: lineReader{reader: r}}
	case aria2Format:
		return &aria2{entry: e, input: in.Name, reader: lineReader{reader: r}}
	case harFormat:
		return newHAR(in, e, r)
	case sitemapFormat:
		return newSitemap(in.Name, e, r)
	}
	l := newLines(in.Name, r)
	l.parser.raw = in.Templates
	return l
}

// byBeginning tells the format from how an input begins, or from as much as has come of a stream.
func byBeginning(text []byte) format {
	switch start := bytes.TrimLeft(text, blanks); {
	case hasAnyPrefix(start, "<?xml", "<urlset", "<sitemapindex"):
		return sitemapFormat
	case opens(start, '{', '"', '}'):
		return jsonKind(start)
	case opens(start, '[', '{', ']'):
		return jsonlFormat
	}
	return byFirstLines(text)
}

const blanks = " \t\r\n"

func hasAnyPrefix(text []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(text, []byte(p)) {
			return true
		}
	}
	return false
}

// opens reports whether the text begins with a bracket that has one of the bytes inside first.
func opens(text []byte, bracket byte, inside ...byte) bool {
	if len(text) == 0 || text[0] != bracket {
		return false
	}
	text = bytes.TrimLeft(text[1:], blanks)
	return len(text) > 0 && bytes.IndexByte(inside, text[0]) >= 0
}

// jsonKind tells a HAR file from objects on lines, and those of vegeta from ours as far as the first one shows it.
func jsonKind(text []byte) format {
	if bytes.HasPrefix(bytes.TrimLeft(text[1:], blanks), []byte(`"log"`)) {
		return harFormat
	}
	return someJSONFormat
}

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
		if isURLColumn(strings.Trim(string(cell), `" `)) {
			return true
		}
	}
	return false
}

func isIndented(line []byte) bool { return line[0] == ' ' || line[0] == '\t' }
