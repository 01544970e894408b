package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"example.com/fetch/internal/record"
)

// HostEvent appends what a host taught.
func (w *Writer) HostEvent(e record.HostEvent) error {
	return w.Event(&Event{Event: EventHost, HostEvent: &e})
}

// HostEvents gives what hosts taught in all legs, in the order of the journal, on the axis of time on which Records has its
// records. An error is the last that comes, as there.
func (j *Journal) HostEvents(ctx context.Context) iter.Seq2[record.HostEvent, error] {
	return j.hostEvents(ctx, j.axis())
}

// HostEvents is as Journal.HostEvents, journal after journal.
func (m *Merged) HostEvents(ctx context.Context) iter.Seq2[record.HostEvent, error] {
	return each(m, func(j *Journal, a axis) iter.Seq2[record.HostEvent, error] { return j.hostEvents(ctx, a) })
}

func (j *Journal) hostEvents(ctx context.Context, a axis) iter.Seq2[record.HostEvent, error] {
	return func(yield func(record.HostEvent, error) bool) {
		if j.events == 0 { // as in most journals, which need not be read once more
			return
		}
		for line, err := range j.lines(ctx, TypeEvent) {
			var e Event
			if err == nil {
				if err = json.Unmarshal(line.text, &e); err != nil {
					err = &LineError{Path: j.Path, Line: line.number, Err: fmt.Errorf("not an event: %w", err)}
				}
			}
			if err != nil {
				yield(record.HostEvent{}, err)
				return
			}
			if e.Event != EventHost || e.HostEvent == nil {
				continue
			}
			e.HostEvent.At += a.offsets[line.leg]
			if !yield(*e.HostEvent, nil) {
				return
			}
		}
	}
}
