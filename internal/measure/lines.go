package measure

import (
	"encoding/json"
	"errors"
	"fmt"

	"example.com/fetch/internal/record"
)

// Line is a line of a journal from which the figures of a load test are made again. One of its fields is not nil.
//
// A test has its Plan first, an Interval for each second as it is over, then, if it was not broken off, its groups and
// its End.
type Line struct {
	Plan     *Beginning  // "record":"plan"
	Interval *Interval   // "record":"histograms"
	Group    *GroupTimes // "record":"group"
	End      *Final      // "record":"end"
}

// LineType is the type of these lines in a journal, {"type":"load",…}.
const LineType = "load"

// Names of what a line holds.
const (
	recordPlan       = "plan"
	recordHistograms = "histograms"
	recordGroup      = "group"
	recordEnd        = "end"
)

// lineHead begins each line.
type lineHead struct {
	Type   string `json:"type"`
	Record string `json:"record"`
}

// content is what l holds, and its name; nil if it holds nothing.
func (l *Line) content() (name string, value any) {
	switch {
	case l.Plan != nil:
		return recordPlan, l.Plan
	case l.Interval != nil:
		return recordHistograms, l.Interval
	case l.Group != nil:
		return recordGroup, l.Group
	case l.End != nil:
		return recordEnd, l.End
	}
	return "", nil
}

// AppendLine appends l as one line of JSON, with the line end.
func AppendLine(dst []byte, l *Line) ([]byte, error) {
	name, value := l.content()
	if value == nil {
		return dst, errors.New("a line of a load test that holds nothing")
	}
	head, err := json.Marshal(lineHead{LineType, name})
	if err != nil {
		return dst, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return dst, err
	}
	head[len(head)-1] = ',' // one object of both
	return append(record.AppendValue(dst, append(head, text[1:]...)), '\n'), nil
}

// ParseLine reads what AppendLine gives, with or without the line end. Fields that it does not know are passed over. A
// line of another type, or of a record that it does not know, gives nil.
func ParseLine(line []byte) (*Line, error) {
	var head lineHead
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	if head.Type != LineType {
		return nil, nil
	}
	l := new(Line)
	switch head.Record {
	case recordPlan:
		l.Plan = new(Beginning)
	case recordHistograms:
		l.Interval = new(Interval)
	case recordGroup:
		l.Group = new(GroupTimes)
	case recordEnd:
		l.End = new(Final)
	default:
		return nil, nil
	}
	_, value := l.content()
	err := json.Unmarshal(line, value)
	if checked, ok := value.(interface{ check() error }); ok && err == nil {
		err = checked.check()
	}
	if err != nil {
		return nil, fmt.Errorf("a load test's %q: %w", head.Record, err)
	}
	return l, nil
}

// check refuses an interval whose numbers contradict each other.
func (i *Interval) check() error {
	switch {
	case i.From < 0 || i.To < i.From:
		return errors.New("to_ms is before from_ms, or from_ms before the beginning")
	case min(i.Canceled, i.Sent, i.InFlight, i.Peak, i.Waiting, i.Bytes, i.Wire, i.Opened, i.Reused, int64(i.CPU), int64(i.LastDue), int64(i.LastEnd)) < 0:
		return errors.New("a number is below 0 that counts something")
	}
	return i.Times.check(i.OK, i.Failed)
}

// check refuses a group whose numbers contradict each other.
func (g *GroupTimes) check() error { return g.Times.check(g.OK, g.Failed) }
