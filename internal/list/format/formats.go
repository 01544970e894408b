package format

import (
	"bytes"
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
