package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
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

// ctxEvery is how many lines are read between two looks at the context.
const ctxEvery = 1024

// load reads a journal. With a *LineError there is the Journal of the lines before the bad one.
func load(ctx context.Context, path string, f io.ReaderAt, info os.FileInfo) (*Journal, error) {
	l := &loader{j: &Journal{Path: path, info: info, last: map[int64]int32{}}}
	lines := newLineReader(io.NewSectionReader(f, 0, info.Size()))
	if err := l.first(lines); err != nil {
		return nil, err
	}
	for {
		if lines.number%ctxEvery == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		l.j.size = lines.end
		line, err := lines.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = l.line(line)
		} else if err != errTooLong {
			return nil, unreadable(path, err)
		}
		if err != nil {
			l.j.bad = &LineError{Path: path, Line: lines.number, Err: err}
			break
		}
	}
	l.close()
	l.j.begun = l.before.Len()
	if l.j.bad != nil {
		return l.j, l.j.bad
	}
	l.j.Torn = lines.torn
	return l.j, nil
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
	if len(bytes.TrimSpace(line)) == 0 {
		return nil // an editor's
	}
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

// addAll puts all of another set into s. The other is of no use afterwards.
func (s *Set) addAll(other *Set) {
	if s.count == 0 {
		*s = *other
		return
	}
	for at, p := range other.pieces {
		mine := s.pieces[at]
		if mine == nil {
			s.pieces[at] = p
			s.count += p.len()
			continue
		}
		s.count -= mine.len()
		for i := range p {
			mine[i] |= p[i]
		}
		s.count += mine.len()
	}
}

// len is how many are in a piece.
func (p *piece) len() int64 {
	n := 0
	for _, word := range p {
		n += bits.OnesCount64(word)
	}
	return int64(n)
}
