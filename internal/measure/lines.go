package measure

import (
	"encoding/json"
	"errors"
	"fmt"

	"example.com/fetch/internal/record"
)

// Line is a line of a journal from which the figures of a load test are restored: a *Beginning, *Interval, *GroupTimes
// or *Final.
//
// A test has its Beginning first, then an Interval after each second, and finally, unless it was interrupted, its
// groups and its Final.
type Line interface {
	name() string // the value of its "record"
	check() error // rejects contradictions
}

func (*Beginning) name() string  { return "plan" }
func (*Interval) name() string   { return "histograms" }
func (*GroupTimes) name() string { return "group" }
func (*Final) name() string      { return "end" }

// LineType is the type of these lines in a journal, {"type":"load",…}.
const LineType = "load"

// lineHead is the beginning of each line.
type lineHead struct {
	Type   string `json:"type"`
	Record string `json:"record"`
}

// AppendLine appends l as one line of JSON, with the line end.
func AppendLine(dst []byte, l Line) ([]byte, error) {
	head, err := json.Marshal(lineHead{LineType, l.name()})
	if err != nil {
		return dst, err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return dst, err
	}
	head[len(head)-1] = ',' // join both into one object
	return append(record.AppendValue(dst, append(head, text[1:]...)), '\n'), nil
}

// ParseLine parses the output of AppendLine, with or without the line end. Unknown fields are ignored. For a line of
// another type, or of an unknown record, it returns nil.
func ParseLine(line []byte) (Line, error) {
	var head lineHead
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	for _, l := range []Line{new(Beginning), new(Interval), new(GroupTimes), new(Final)} {
		if head.Type != LineType || head.Record != l.name() {
			continue
		}
		err := json.Unmarshal(line, l)
		if err == nil {
			err = l.check()
		}
		if err != nil {
			return nil, fmt.Errorf("a load test's %q: %w", head.Record, err)
		}
		return l, nil
	}
	return nil, nil
}

func (*Beginning) check() error { return nil }
func (*Final) check() error     { return nil }

func (i *Interval) check() error {
	switch {
	case i.From < 0 || i.To < i.From:
		return errors.New("to_ms is before from_ms, or from_ms before the beginning")
	case min(i.Canceled, i.Sent, i.InFlight, i.Peak, i.Waiting, i.Bytes, i.Wire, i.Opened, i.Reused, int64(i.CPU), int64(i.LastDue), int64(i.LastEnd)) < 0:
		return errors.New("a count is negative")
	}
	return i.Times.check(i.OK, i.Failed)
}

func (g *GroupTimes) check() error { return g.Times.check(g.OK, g.Failed) }
