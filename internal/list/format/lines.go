package format

import (
	"bytes"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/table"
)

const maxLine = table.MaxRow // bytes, without the end of the line

// lines is the decoder of the plain format, a request on each line.
type lines struct {
	reader *table.LineReader
	text   []byte // the last line
	parser Parser
}

func (l *lines) next() error {
	for {
		var found bool
		var bad *LineError
		text, err := l.reader.Next()
		switch l.text = text; err {
		case nil:
			if found, bad = l.parser.parse(text); found {
				return nil
			}
		case table.ErrLongLine:
			bad = longLine("put each URL on a line of its own")
		default:
			return err
		}
		if bad != nil {
			bad.Line = l.reader.Line
			return bad
		}
	}
}

func longLine(hint string) *LineError {
	return &LineError{Problem: "the line is longer than 1 MiB", Hint: hint}
}

func (l *lines) partial() Partial { return partialOf(l.text) }

// partialOf is what a bad line of the plain format says all the same. Its URL begins where one should: at http://, or with
// the last word where that may well be meant for one. What precedes it is the name, but not where it may be a setting or a
// header field, and so hold a secret.
func partialOf(line []byte) Partial {
	line = bytes.TrimSpace(line)
	at, _ := FindScheme(line)
	if at < 0 {
		at = bytes.LastIndexAny(line, " \t") + 1
		if last := line[at:]; !bytes.Contains(last, []byte("://")) && bytes.IndexByte(last, '@') < 0 && !looksLikeHost(string(last)) {
			at = len(line)
		}
	}
	name := string(bytes.TrimSpace(line[:at]))
	if strings.ContainsAny(name, ":=") {
		name = ""
	}
	return Partial{Name: name, URL: string(line[at:])}
}

func (l *lines) fill(req *fetcher.Request) { l.parser.fill(req) }
