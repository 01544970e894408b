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

// AppendLine appends l as one line of JSON, with the line end.
func AppendLine(dst []byte, l *Line) ([]byte, error) {
	var value any
	switch {
	case l.Plan != nil:
		value = struct {
			lineHead
			*Beginning
		}{lineHead{LineType, recordPlan}, l.Plan}
	case l.Interval != nil:
		value = struct {
			lineHead
			*Interval
		}{lineHead{LineType, recordHistograms}, l.Interval}
	case l.Group != nil:
		value = struct {
			lineHead
			*GroupTimes
		}{lineHead{LineType, recordGroup}, l.Group}
	case l.End != nil:
		value = struct {
			lineHead
			*Final
		}{lineHead{LineType, recordEnd}, l.End}
	default:
		return dst, errors.New("a line of a load test that holds nothing")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return dst, err
	}
	return append(record.AppendValue(dst, text), '\n'), nil
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
	var err error
	switch head.Record {
	case recordPlan:
		l.Plan = new(Beginning)
		err = json.Unmarshal(line, l.Plan)
	case recordHistograms:
		l.Interval = new(Interval)
		if err = json.Unmarshal(line, l.Interval); err == nil {
			err = l.Interval.check()
		}
	case recordGroup:
		l.Group = new(GroupTimes)
		if err = json.Unmarshal(line, l.Group); err == nil {
			err = l.Group.check()
		}
	case recordEnd:
		l.End = new(Final)
		err = json.Unmarshal(line, l.End)
	default:
		return nil, nil
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
	case i.OK != i.Response.N() || i.OK != i.Service.N() || i.Failed != i.FailedResponse.N() || i.Failed != i.FailedService.N():
		return errors.New("its histograms do not have as many times as ok and failed say")
	}
	return nil
}

// check refuses a group whose numbers contradict each other.
func (g *GroupTimes) check() error {
	if g.OK != g.Response.N() || g.OK != g.Service.N() || g.Failed != g.FailedResponse.N() || g.Failed != g.FailedService.N() {
		return errors.New("its histograms do not have as many times as ok and failed say")
	}
	return nil
}
