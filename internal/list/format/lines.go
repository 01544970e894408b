package format

import (
	"bytes"
	"strings"

	"example.com/fetch/internal/list/table"
)

const maxLine = table.MaxRow // bytes, without the end of the line

const lineEach = "put each URL on a line of its own"

// lineEntry is the entry of a format that is read line by line.
type lineEntry struct {
	entry
	reader *table.LineReader
}

// read returns the next line. For one that is too long it returns a *LineError with the hint.
func (l *lineEntry) read(hint string) ([]byte, error) {
	text, err := l.reader.Next()
	if err == table.ErrLongLine {
		err = BadLine("the line is longer than 1 MiB", hint)
	}
	return text, err
}

func (l *lineEntry) place(bad *LineError) { bad.Line = l.reader.Line }

// lines is the decoder of the plain format, with a request on each line, and of a URL that is given as an argument.
type lines struct{ lineEntry }

func (l *lines) next() (err error) {
	for {
		if l.line, err = l.read(lineEach); err != nil {
			return err
		}
		if found, bad := l.parser.parse(l.line); bad != nil {
			return bad
		} else if found {
			return nil
		}
	}
}

// partialOf returns what a bad line of the plain format contains nevertheless. Its URL begins at http://, or with the
// last word if that is probably meant for one. What precedes it is the name, unless it may be a setting or a header
// field, and so contain a secret.
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
