package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"example.com/fetch/internal/record"
)

// Event appends an event. It sets its Type.
func (w *Writer) Event(event *Event) error {
	e := *event
	e.Type = TypeEvent
	return w.append(lineOf(&e), nil, false)
}

// HostEvent appends an event about a host.
func (w *Writer) HostEvent(e record.HostEvent) error {
	return w.Event(&Event{Event: EventHost, HostEvent: &e})
}

// HostEvents yields the events about hosts of all parts, in the order of the journal, with times like those of
// Records. An error ends the sequence.
func (j *Journal) HostEvents(ctx context.Context) iter.Seq2[record.HostEvent, error] {
	if j.events == 0 { // as usual; this saves reading the journal again
		return func(func(record.HostEvent, error) bool) {}
	}
	return read(ctx, j, TypeEvent, func(line journalLine) (record.HostEvent, bool, error) {
		e, err := parseEvent(line.text)
		if err != nil || e.Event != EventHost || e.HostEvent == nil {
			return record.HostEvent{}, false, err
		}
		e.HostEvent.At += j.Legs[line.part].Offset
		return *e.HostEvent, true, nil
	})
}

func parseEvent(line []byte) (e Event, err error) {
	if err = json.Unmarshal(line, &e); err != nil {
		err = fmt.Errorf("not an event: %w", err)
	}
	return e, err
}

// Line appends a line of a foreign type: a complete JSON object with a "type", with or without a line end.
// Readers ignore unknown types; Others returns such lines.
func (w *Writer) Line(line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("%s: a line of %d bytes is too long for a journal", printable(w.path), len(line))
	}
	return w.append(func(buffer []byte) ([]byte, error) {
		return append(append(buffer, bytes.TrimSuffix(line, []byte("\n"))...), '\n'), nil
	}, nil, false)
}

// Others yields the lines of a foreign type, in the order of the journal, without their line ends. Each is
// valid until the next. An error ends the sequence.
func (j *Journal) Others(ctx context.Context, typ string) iter.Seq2[[]byte, error] {
	return read(ctx, j, typ, func(line journalLine) ([]byte, bool, error) { return line.text, true, nil })
}
