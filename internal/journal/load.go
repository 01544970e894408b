package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"example.com/fetch/internal/record"
)

// loader reads a journal for the first time: its parts, and which records were replaced by later ones.
type loader struct {
	j      *Journal
	before Set // sequence numbers of the parts before the last
	now    Set // those of the last part
	wall   record.Micros
}

// load reads a journal. Together with a *LineError it returns the Journal of the lines before the bad one.
func load(ctx context.Context, path string, f *os.File) (*Journal, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	j := &Journal{Path: path, info: info, last: map[int64]int32{}}
	l := &loader{j: j}
	lines := newLineReader(f, info.Size())
	var start [1]byte
	if _, err := f.ReadAt(start[:], 0); err == nil && start[0] != '{' { // rejects binary files without scanning for a newline
		return nil, l.none(errNoRun)
	}
	for line, err := range lines.all(ctx, path) {
		if err == nil {
			if err = l.line(line); err != nil {
				err = &LineError{Path: path, Line: lines.number, Err: err}
			}
		}
		if bad, ok := errors.AsType[*LineError](err); ok {
			j.bad = bad
			break
		}
		if err != nil {
			return nil, err
		}
		j.size = lines.end
	}
	switch {
	case len(j.Legs) > 0:
	case errors.Is(j.bad, errTooLong):
		return nil, l.none(errNoRun)
	case j.bad != nil:
		return nil, l.none(errors.Unwrap(j.bad))
	case lines.end < info.Size():
		return nil, l.none(errors.New("it contains only part of its first line, so there is nothing to resume; start the run again with --fresh"))
	default:
		return nil, l.none(errors.New("it is empty; start the run again"))
	}
	l.close()
	j.Begun = l.before.Len()
	if j.bad == nil {
		j.size, j.Torn = lines.end, info.Size()-lines.end
	}
	return j, j.bad
}

// errNoRun is the error of a file whose first line is not a run line.
var errNoRun = errors.New("its first line does not begin a run")

// none returns the error of a file that is not a journal.
func (l *loader) none(what error) error {
	return fmt.Errorf("%s: %w: %v", printable(l.j.Path), ErrNoJournal, what)
}

// first processes the run line, which every journal begins with.
func (l *loader) first(line []byte) error {
	if typ, err := typeOf(line); err != nil || typ != TypeRun {
		return errNoRun
	}
	if err := l.part(line); err != nil {
		return fmt.Errorf("its first line cannot be read: %w", err)
	}
	return nil
}

// line processes a line.
func (l *loader) line(line []byte) error {
	if len(l.j.Legs) == 0 {
		return l.first(line)
	}
	span := l.j.Last()
	switch typ, err := typeOf(line); {
	case err != nil:
		return err
	case typ == typeRecord:
		return l.record(line)
	case typ == TypeRun:
		return errors.New("a second run begins here, but a journal holds only one; keep each in its own file, and pass both to fetch report")
	case typ == TypeResume:
		l.close()
		return l.part(line)
	case typ == TypeEvent:
		e, err := parseEvent(line)
		switch {
		case err != nil:
			return err
		case e.Event == EventHost:
			l.j.events++
		default:
			span.Events = append(span.Events, e)
		}
	case typ == TypeEnd:
		e := new(End)
		if err := json.Unmarshal(line, e); err != nil {
			return fmt.Errorf("not the end of a run: %w", err)
		}
		span.End = e
	}
	return nil
}

func (l *loader) part(line []byte) error {
	var part Leg
	switch err := json.Unmarshal(line, &part); {
	case err != nil:
		return fmt.Errorf("not the beginning of a run: %w", err)
	case part.V < 1 || part.V > Version:
		return fmt.Errorf("it is of version %d, and only versions up to %d can be read; use a newer fetch", part.V, Version)
	case part.Started.IsZero():
		return errors.New("it does not say when the run was started")
	}
	l.j.Legs = append(l.j.Legs, Span{Leg: part})
	l.wall = 0
	return nil
}

func (l *loader) record(line []byte) error {
	g, err := look(line)
	if err != nil {
		return err
	}
	part := len(l.j.Legs) - 1
	l.j.Legs[part].Records++
	l.j.MaxSeq = max(l.j.MaxSeq, g.seq)
	l.wall = max(l.wall, g.end)
	if part > 0 && l.before.Has(g.seq) {
		l.j.last[g.seq] = int32(part)
	}
	l.now.Add(g.seq)
	return nil
}

// longestWall limits the sum of all parts to 71 years, so that a corrupt journal cannot cause an overflow.
const longestWall = record.Micros(1) << 51

// close ends the last part.
func (l *loader) close() {
	n := len(l.j.Legs)
	span := &l.j.Legs[n-1]
	span.Wall = l.wall
	if span.End != nil {
		span.Wall = span.End.Wall
	}
	if n > 1 {
		before := &l.j.Legs[n-2]
		span.Offset = min(before.Offset+before.Wall, longestWall)
	}
	span.Wall = min(max(span.Wall, 0), longestWall)
	l.before.addAll(&l.now)
	l.now = Set{}
}
