package table

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"example.com/fetch/fetcher"
)

// findComma determines the separator of a table by its first line, without consuming it.
func (r *Reader) findComma() error {
	line, err := r.filledLine()
	if err != nil {
		return err
	}
	bare := inQuotes.ReplaceAll(line, nil)
	r.comma = '\t'
	if r.format == CSV {
		r.comma = ','
		if rest, ok := bytes.CutPrefix(line, []byte("sep=")); ok && len(rest) == 1 && bytes.ContainsAny(rest, ",;\t|") {
			r.comma = rest[0]
			return nil // the line is consumed
		}
		most := 0
		for _, c := range []byte(",;\t") {
			if n := bytes.Count(bare, []byte{c}); n > most {
				most, r.comma = n, c
			}
		}
	}
	if bytes.IndexByte(bare, '\r') >= 0 {
		return r.broken("there is a CR without LF in it", "end lines with LF or CRLF")
	}
	r.lines.Unread()
	return nil
}

// inQuotes matches quoted text on a line.
var inQuotes = regexp.MustCompile(`"[^"]*("|$)`)

// filledLine reads up to the next line that is not empty.
func (r *Reader) filledLine() (line []byte, err error) {
	for err == nil && len(line) == 0 {
		line, err = r.line()
	}
	return line, err
}

// nextCells reads a row of CSV or TSV into text and ends.
func (r *Reader) nextCells() error {
	r.text, r.ends = r.text[:0], r.ends[:0]
	line, err := r.filledLine()
	if err != nil {
		return err
	}
	split := r.splitCommas
	if r.format == TSV {
		split = r.splitTabs
	}
	if err := split(line); err != nil {
		return err
	}
	if !utf8.Valid(r.text) {
		return r.notUTF8()
	}
	return nil
}

// splitTabs unquotes a cell only if the quotes are certainly not part of it. Escapes are decoded if a Writer may have
// written the table: it quotes few cells.
func (r *Reader) splitTabs(line []byte) error {
	for cell := range bytes.SplitSeq(line, []byte("\t")) {
		ours := true
		if n := len(cell); n > 1 && cell[0] == '"' && cell[n-1] == '"' {
			inner := cell[1 : n-1]
			if bytes.Count(inner, []byte(`"`)) == 2*bytes.Count(inner, []byte(`""`)) {
				cell = bytes.ReplaceAll(inner, []byte(`""`), []byte(`"`))
				ours = quotedInTSV(string(cell))
			}
		}
		if ours && bytes.IndexByte(cell, '\\') >= 0 {
			cell = r.unescape(cell)
		}
		r.endCell(cell)
	}
	if r.escaped > 0 && r.literal > 0 {
		what := "the meaning of a backslash is ambiguous: line %d has one before t, n, r or \\, and line %d before something else"
		return r.broken(fmt.Sprintf(what, r.escaped, r.literal),
			`write each that is meant as such twice, as \\, or save the table as CSV`)
	}
	return nil
}

// unescape reverses the escaping of a TSV cell by a Writer. A cell with a backslash before any other character was
// not written by a Writer, and is left unchanged.
func (r *Reader) unescape(cell []byte) []byte {
	if tsvEscaped.Match(cell) {
		r.escaped = cmp.Or(r.escaped, r.row)
		return []byte(tsvUnescapes.Replace(string(cell)))
	}
	r.literal = cmp.Or(r.literal, r.row)
	return cell
}

func (r *Reader) endCell(rest []byte) {
	r.text = append(r.text, rest...)
	r.ends = append(r.ends, len(r.text))
}

// splitCommas reads further lines while a quoted cell continues.
func (r *Reader) splitCommas(line []byte) error {
	for {
		if len(line) > 0 && line[0] == '"' {
			rest, err := r.quoted(line[1:])
			if err != nil {
				return err
			}
			line = rest
			r.endCell(nil)
			if len(line) == 0 {
				return nil
			}
			if line[0] != r.comma {
				return r.bad("something follows the closing quote of a cell", `write a quote in a quoted cell twice, "like ""this"""`)
			}
			line = line[1:]
			continue
		}
		i := bytes.IndexByte(line, r.comma)
		if i < 0 {
			r.endCell(line)
			return nil
		}
		r.endCell(line[:i])
		line = line[i+1:]
	}
}

// quoted reads a cell from after its opening quote to its closing quote, and returns the rest of the line.
func (r *Reader) quoted(line []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(line, '"')
		switch {
		case i >= 0 && i+1 < len(line) && line[i+1] == '"':
			r.text = append(r.text, line[:i+1]...)
			line = line[i+2:]
			continue
		case i >= 0:
			r.text = append(r.text, line[:i]...)
			return line[i+1:], nil
		}
		r.text = append(append(r.text, line...), r.lines.ending...)
		next, err := r.lines.Next()
		switch {
		case err == nil && len(r.text) <= MaxRow:
			line = next
		case err == nil, err == ErrLongLine:
			return nil, r.unclosed("a quote that is not closed within 1 MiB")
		case err == io.EOF:
			return nil, r.unclosed("a quote that is never closed")
		default:
			return nil, err
		}
	}
}

// unclosed ends reading, because the beginning of the next row cannot be known.
func (r *Reader) unclosed(what string) error {
	return r.broken("the row opens "+what, `close it, or write the cell in quotes and its own quotes twice, "like ""this"""`)
}

// makeRow makes a row from the most recent cells, of which there may be fewer or more than columns. They share
// memory.
func (r *Reader) makeRow() fetcher.Row {
	s, from := string(r.text), 0
	row := make(fetcher.Row, len(r.columns))
	for i, column := range r.columns {
		row[i].Column = column
		if i < len(r.ends) {
			row[i].Value, from = s[from:r.ends[i]], r.ends[i]
		}
	}
	return row
}
