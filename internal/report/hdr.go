package report

import (
	"bytes"
	"cmp"
	"errors"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"

	"example.com/fetch/internal/measure"
)

const (
	ticks = 5      // percentiles per halving of the distance to 100 %, as in HdrHistogram's own tools
	scale = 1000.0 // from microseconds to milliseconds
)

// percentiles writes the percentiles of the response times of successes, in milliseconds, in the format that
// hdrplot and the plotter of HdrHistogram read.
func percentiles(_ *measure.LoadSummary, o Options) ([]byte, error) {
	if o.Response == nil {
		return nil, errors.New("hgrm needs the histogram of the response times, which this run did not keep: use json or csv")
	}
	var text bytes.Buffer
	_, err := o.Response.Histogram().PercentilesPrint(&text, ticks, scale)
	return text.Bytes(), err
}

// LogFormat is the format that is written during a run, by a Log.
const LogFormat = "hlog"

// Log writes a log of histograms (HdrHistogram log format 1.3) in microseconds: for each interval after the
// warm-up one without a tag, of the response times of successes, and others with the tags service,
// failed_response, failed_service and lag if they have values. It keeps no interval, and is not safe for
// concurrent use.
type Log struct {
	w       io.Writer
	begin   int64        // start of the run, in milliseconds since 1970
	waiting bytes.Buffer // lines to be written with one Write
	lines   *hdrhistogram.HistogramLogWriter
	err     error // the first error
}

// NewLog returns the log of a run. Nothing is written before the first interval after the warm-up, or the end.
func NewLog(w io.Writer, b measure.Beginning) *Log {
	l := &Log{w: w, begin: b.Started.UnixMilli()}
	l.lines = hdrhistogram.NewHistogramLogWriter(&l.waiting)
	base := l.begin / 1000 * 1000 // the base time of a log has whole seconds
	l.lines.SetBaseTime(base)
	l.err = errors.Join(
		l.lines.OutputComment("[fetch load: times in microseconds; Interval_Max in seconds]"),
		l.lines.OutputLogFormatVersion(),
		l.lines.OutputStartTime(base),
		l.lines.OutputBaseTime(base),
		l.lines.OutputLegend(),
	)
	return l
}

// Interval writes the next interval with one Write. After an error of the writer it writes nothing more and
// returns that error again.
func (l *Log) Interval(i *measure.Interval) error {
	if l.err != nil || i.WarmUp {
		return l.err
	}
	for _, of := range []struct {
		tag   string
		times *measure.Distribution
	}{
		{"", &i.Response}, {"service", &i.Service}, {"failed_response", &i.FailedResponse},
		{"failed_service", &i.FailedService}, {"lag", &i.Lag},
	} {
		if of.tag != "" && of.times.N() == 0 {
			continue
		}
		h := of.times.Histogram()
		h.SetTag(of.tag)
		h.SetStartTimeMs(l.begin + i.From.Duration().Milliseconds())
		h.SetEndTimeMs(l.begin + i.To.Duration().Milliseconds())
		l.err = cmp.Or(l.err, l.lines.OutputIntervalHistogram(h))
	}
	return l.End()
}

// End writes what is pending: the header, if there was no interval. It returns the first error of the log.
func (l *Log) End() error {
	if l.err == nil && l.waiting.Len() > 0 {
		_, l.err = l.waiting.WriteTo(l.w)
	}
	return l.err
}

// noLog takes the place of a writer for LogFormat.
func noLog(*measure.LoadSummary, Options) ([]byte, error) {
	return nil, errors.New("hlog needs the histograms of each second, which a summary does not have: use NewLog")
}
