package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/fetch/internal/record"
)

// loader reads a journal for the first time: the legs, and which records later ones have taken the place of.
type loader struct {
	j      *Journal
	before Set // the seqs of the legs before the last
	now    Set // those of the last
	wall   record.Micros
}

// load reads a journal. With a *LineError there is the Journal of the lines before the bad one.
func load(ctx context.Context, path string, f io.ReaderAt, info os.FileInfo) (*Journal, error) {
	j := &Journal{Path: path, info: info, last: map[int64]int32{}}
	l := &loader{j: j}
	lines := newLineReader(io.NewSectionReader(f, 0, info.Size()))
	if err := l.first(lines); err != nil {
		return nil, err
	}
	j.size = lines.end
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
	l.close()
	j.begun = l.before.Len()
	if j.bad == nil {
		j.size, j.Torn = lines.end, lines.torn
	}
	return j, j.bad
}

// first reads the run line, without which nothing is a journal.
func (l *loader) first(lines *lineReader) error {
	problem := func(what string) error {
		return fmt.Errorf("%s: %w: %s", printable(l.j.Path), ErrNoJournal, what)
	}
	start, err := lines.in.Peek(1)
	switch {
	case err == io.EOF:
		return problem("it is empty; start the run anew")
	case err != nil:
		return unreadable(l.j.Path, err)
	case start[0] != '{': // do not read a film to its first line end
		return problem("its first line does not begin a run")
	}
	line, err := lines.next()
	switch {
	case err == io.EOF:
		return problem("it has nothing but a part of its first line, with which nothing can be gone on with; start the run anew, with --fresh")
	case err == errTooLong:
		return problem("its first line does not begin a run")
	case err != nil:
		return unreadable(l.j.Path, err)
	}
	is, typ, err := isRecord(line)
	if is || err != nil || typ != TypeRun {
		return problem("its first line does not begin a run")
	}
	if err := l.leg(line); err != nil {
		return problem("its first line cannot be read: " + err.Error())
	}
	return nil
}

// line takes a line in.
func (l *loader) line(line []byte) error {
	is, typ, err := isRecord(line)
	if err != nil {
		return err
	}
	if is {
		return l.record(line)
	}
	span := &l.j.Legs[len(l.j.Legs)-1]
	switch typ {
	case TypeRun:
		return errors.New("a second run begins here, and a journal has one; keep each in a file of its own, and give reports both")
	case TypeResume:
		l.close()
		return l.leg(line)
	case TypeEvent:
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("not an event: %w", err)
		}
		if e.Event == EventHost {
			l.j.events++
			return nil
		}
		span.Events = append(span.Events, e)
	case TypeEnd:
		e := new(End)
		if err := json.Unmarshal(line, e); err != nil {
			return fmt.Errorf("not the end of a run: %w", err)
		}
		span.End = e
	}
	return nil
}

func (l *loader) leg(line []byte) error {
	var leg Leg
	switch err := json.Unmarshal(line, &leg); {
	case err != nil:
		return fmt.Errorf("not the beginning of a run: %w", err)
	case leg.V < 1 || leg.V > Version:
		return fmt.Errorf("it is of version %d, and only versions up to %d can be read; use a newer fetch", leg.V, Version)
	case leg.Started.IsZero():
		return errors.New("it does not say when the run was started")
	}
	l.j.Legs = append(l.j.Legs, Span{Leg: leg})
	l.wall = 0
	return nil
}

func (l *loader) record(line []byte) error {
	g, err := look(line)
	if err != nil {
		return err
	}
	leg := len(l.j.Legs) - 1
	l.j.Legs[leg].Records++
	l.j.maxSeq = max(l.j.maxSeq, g.seq)
	l.wall = max(l.wall, g.end)
	if leg > 0 && l.before.Has(g.seq) {
		l.j.last[g.seq] = int32(leg)
	}
	l.now.Add(g.seq)
	return nil
}

// longestWall bounds the sum of all legs, so that nonsense in a journal overflows nothing: 71 years.
const longestWall = record.Micros(1) << 51

// close ends the last leg.
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
