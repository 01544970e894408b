package report

import (
	"io"
	"math"
	"slices"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// ndjson prints each record on a line of its own, and no summary.
type ndjson struct {
	w    io.Writer
	o    Options
	line []byte // reused
}

func newNDJSON(w io.Writer, _ *Run, o Options) Handler { return &ndjson{w: w, o: o} }

func (n *ndjson) Result(r *record.Record) error {
	if n.o.NoResults {
		return nil
	}
	n.line = record.AppendLine(spare(n.line), r)
	_, err := n.w.Write(n.line)
	return err
}

func (n *ndjson) End(*measure.Summary) error { return nil }

// object is the report as one JSON object. It is written as it grows, so that memory does not grow with the results.
type object struct {
	w       io.Writer
	o       Options
	run     *Run
	started bool
	results bool // there was one
	buf     []byte
}

func newJSON(w io.Writer, run *Run, o Options) Handler { return &object{w: w, o: o, run: run} }

func (j *object) Result(r *record.Record) error {
	if j.o.NoResults {
		return nil
	}
	j.buf = spare(j.buf)
	if err := j.start(); err != nil {
		return err
	}
	if j.results {
		j.buf = append(j.buf, ',')
	}
	j.results = true
	j.buf = record.AppendJSON(append(j.buf, '\n'), r)
	_, err := j.w.Write(j.buf)
	return err
}

func (j *object) End(s *measure.Summary) error {
	j.buf = j.buf[:0]
	if err := j.start(); err != nil {
		return err
	}
	if !j.o.NoResults {
		if j.results {
			j.buf = append(j.buf, '\n')
		}
		j.buf = append(j.buf, `],`...)
	}
	summary, err := record.Marshal(tidy(s))
	if err != nil {
		return err
	}
	j.buf = append(append(append(j.buf, `"summary":`...), summary...), "}\n"...)
	_, err = j.w.Write(j.buf)
	return err
}

// start puts the beginning of the object into buf, once.
func (j *object) start() error {
	if j.started {
		return nil
	}
	j.started = true
	of := *j.run
	of.Started = of.Started.UTC()
	if of.Args == nil {
		of.Args = []string{}
	}
	run, err := record.Marshal(of)
	if err != nil {
		return err
	}
	j.buf = append(append(append(j.buf, `{"v":1,"run":`...), run...), ',')
	if !j.o.NoResults {
		j.buf = append(j.buf, `"results":[`...)
	}
	return nil
}

// tidy makes a summary fit for JSON: its ratios without the noise of floats, nothing infinite, empty and not null what is empty.
func tidy(s *measure.Summary) *measure.Summary {
	t := *s
	t.Speedup = decimals(s.Speedup, math.Round)
	t.Efficiency = decimals(s.Efficiency, math.Floor) // 1 only if it is 1
	t.PerHost = slices.Clone(s.PerHost)
	for i := range t.PerHost {
		t.PerHost[i].Rate = decimals(t.PerHost[i].Rate, math.Round)
		t.PerHost[i].Pace = tidyPace(t.PerHost[i].Pace)
	}
	t.PerHost = notNull(t.PerHost)
	countsNotNull(&t.Classes, &t.Retried, &t.Notes)
	return &t
}

func tidyPace(p *measure.Pace) *measure.Pace {
	if p == nil {
		return nil
	}
	t := *p
	t.Asked.PerSecond = decimals(t.Asked.PerSecond, math.Round)
	if p.Learned != nil {
		l := *p.Learned
		l.Stated = decimals(l.Stated, math.Round)
		if q := l.Quota; q != nil {
			l.Quota = &measure.Quota{Requests: decimals(q.Requests, math.Round), Seconds: decimals(q.Seconds, math.Round), Kept: q.Kept}
		}
		l.Pace, l.Slots = tidyBearing(l.Pace), tidyBearing(l.Slots)
		l.Events = notNull(l.Events)
		t.Learned = &l
	}
	return &t
}

func tidyBearing(b *measure.Bearing) *measure.Bearing {
	if b == nil {
		return nil
	}
	t := *b
	for _, f := range []*float64{&t.Bears, &t.Lowest, &t.Mean, &t.Last} {
		*f = decimals(*f, math.Round)
	}
	return &t
}

// decimals leaves four decimals of f, and 0 of what is no number.
func decimals(f float64, round func(float64) float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return round(f*1e4+1e-7) / 1e4
}
