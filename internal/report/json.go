package report

import (
	"io"
	"math"
	"reflect"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// ndjson writes each record on a line of its own, and no summary.
type ndjson struct {
	w    io.Writer
	o    Options
	line []byte // reused

	failed int64 // results that were left out
}

func newNDJSON(w io.Writer, _ *Run, o Options) Handler { return &ndjson{w: w, o: o} }

func (n *ndjson) Result(r *record.Record) error {
	if n.o.NoResults {
		return nil
	}
	if n.o.DropFailed && !r.OK {
		n.failed++
		return nil
	}
	n.line = record.AppendLine(spare(n.line), r)
	_, err := n.w.Write(n.line)
	return err
}

func (n *ndjson) End(*measure.Summary) error { return nil }

// Dropped implements Dropper.
func (n *ndjson) Dropped() Dropped { return Dropped{Failed: n.failed} }

// object is the report as one JSON object. It is written as results arrive, so that memory does not grow with
// their number.
type object struct {
	w       io.Writer
	o       Options
	run     *Run
	between string // written before the next result; empty: nothing has been written
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
	j.buf = record.AppendJSON(append(j.buf, j.between...), r)
	j.between = ",\n"
	_, err := j.w.Write(j.buf)
	return err
}

func (j *object) End(s *measure.Summary) error {
	j.buf = j.buf[:0]
	if err := j.start(); err != nil {
		return err
	}
	if !j.o.NoResults {
		if j.between == ",\n" {
			j.buf = append(j.buf, '\n')
		}
		j.buf = append(j.buf, `],`...)
	}
	of := *s
	of.Efficiency = decimals(s.Efficiency, math.Floor) // rounded down, so that it is 1 only if it is exactly 1
	var err error
	j.buf, err = record.AppendAny(append(j.buf, `"summary":`...), tidied(of, func(f float64) float64 { return decimals(f, math.Round) }))
	if err != nil {
		return err
	}
	_, err = j.w.Write(append(j.buf, "}\n"...))
	return err
}

// start puts the beginning of the object into buf, once.
func (j *object) start() error {
	if j.between != "" {
		return nil
	}
	j.between = "\n"
	of := *j.run
	of.Started = of.Started.UTC()
	if of.Args == nil {
		of.Args = []string{}
	}
	var err error
	j.buf, err = record.AppendAny(append(j.buf, `{"v":1,"run":`...), of)
	j.buf = append(j.buf, ',')
	if !j.o.NoResults {
		j.buf = append(j.buf, `"results":[`...)
	}
	return err
}

// loadJSON returns the summary as one object on one line, escaped like a record.
func loadJSON(s *measure.LoadSummary, _ Options) ([]byte, error) {
	of := *s
	of.Started = s.Started.UTC()
	return appendJSONLine(nil, struct {
		Version int `json:"v"`
		measure.LoadSummary
	}{1, tidied(of, units.Rounded)})
}

// sweepJSON returns the steps and the knee as one object on one line, escaped like a record.
func sweepJSON(s *knee.Sweep, _ Options) ([]byte, error) {
	var o struct {
		V      int        `json:"v"`
		Target string     `json:"target"`
		Model  string     `json:"model"`
		Steps  []knee.Row `json:"steps"`
		Knee   struct {
			Found bool    `json:"found"`
			Users int     `json:"users,omitempty"`
			Rate  float64 `json:"asked_per_s,omitempty"`
			Words string  `json:"words"`
		} `json:"knee"`
		Peak *knee.Peak `json:"predicted_peak"`
	}
	found := s.Knee
	o.V, o.Target, o.Model, o.Steps, o.Knee.Found, o.Knee.Words = 1, s.Target, s.Model, s.Steps, found.Found, found.Words
	if found.Found {
		o.Knee.Users, o.Knee.Rate = s.Steps[found.At].Users, s.Steps[found.At].Rate
	}
	if p := found.Peak; p != nil {
		o.Peak = &knee.Peak{Users: p.Users, Rate: units.Rounded(p.Rate), Fit: units.Rounded(p.Fit)}
	}
	return appendJSONLine(nil, o)
}

// appendJSONLine appends v as a line of JSON, escaped like a record.
func appendJSONLine(dst []byte, v any) ([]byte, error) {
	dst, err := record.AppendAny(dst, v)
	return append(dst, '\n'), err
}

// tidied prepares a copy of v for JSON: floats are rounded, and nil slices and maps become empty ones. What v
// points to is not changed.
func tidied[T any](v T, round func(float64) float64) T {
	tidy(reflect.ValueOf(&v).Elem(), round)
	return v
}

func tidy(v reflect.Value, round func(float64) float64) {
	switch v.Kind() {
	case reflect.Float64:
		v.SetFloat(round(v.Float()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[record.HostEvent]() {
			return // already as it was stored
		}
		for _, f := range v.Fields() {
			if f.CanSet() {
				tidy(f, round)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			tidy(to.Elem(), round)
			v.Set(to)
		}
	case reflect.Slice:
		all := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(all, v)
		for i := range all.Len() {
			tidy(all.Index(i), round)
		}
		v.Set(all)
	case reflect.Map:
		if v.IsNil() && v.Type() == reflect.TypeFor[measure.Counts]() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}

// decimals rounds f to four decimals, and returns 0 for NaN and infinities.
func decimals(f float64, round func(float64) float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return round(f*1e4+1e-7) / 1e4
}
