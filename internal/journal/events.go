package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"example.com/fetch/internal/record"
)

// Event appends an event. It fills in Type.
func (w *Writer) Event(event *Event) error {
	e := *event
	e.Type = TypeEvent
	return w.append(lineOf(&e), nil, false)
}

// HostEvent appends what a host taught.
func (w *Writer) HostEvent(e record.HostEvent) error {
	return w.Event(&Event{Event: EventHost, HostEvent: &e})
}

// HostEvents gives what hosts taught in all legs, in the order of the journal, on the axis of time on which Records has its
// records. An error is the last that comes, as there.
func (j *Journal) HostEvents(ctx context.Context) iter.Seq2[record.HostEvent, error] {
	if j.events == 0 { // as in most journals, which need not be read once more
		return func(func(record.HostEvent, error) bool) {}
	}
	return read(ctx, j, TypeEvent, func(line journalLine) (record.HostEvent, bool, error) {
		e, err := parseEvent(line.text)
		if err != nil || e.Event != EventHost || e.HostEvent == nil {
			return record.HostEvent{}, false, err
		}
		e.HostEvent.At += j.Legs[line.leg].Offset
		return *e.HostEvent, true, nil
	})
}

func parseEvent(line []byte) (e Event, err error) {
	if err = json.Unmarshal(line, &e); err != nil {
		err = fmt.Errorf("not an event: %w", err)
	}
	return e, err
}

// Line appends a line of a type that is not the journal's own: a whole JSON object with a "type", with or without a line
// end. Who does not know the type passes over it; Others gives it again.
func (w *Writer) Line(line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("%s: a line of %d bytes is too long for a journal", printable(w.path), len(line))
	}
	return w.append(func(buffer []byte) ([]byte, error) {
		return append(append(buffer, bytes.TrimSuffix(line, []byte("\n"))...), '\n'), nil
	}, nil, false)
}

// Others gives the lines of a type that is not the journal's own, in the order of the journal, without their line ends.
// Each is good until the next. An error is the last that comes.
func (j *Journal) Others(ctx context.Context, typ string) iter.Seq2[[]byte, error] {
	return read(ctx, j, typ, func(line journalLine) ([]byte, bool, error) { return line.text, true, nil })
}
