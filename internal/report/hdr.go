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
	ticks = 5      // of percentiles for each half of the rest, as in HdrHistogram's own tools
	scale = 1000.0 // from microseconds to milliseconds
)

// percentiles are the percentiles of the response times of successes, in milliseconds, in the columns that
// hdrplot and the plotter of HdrHistogram read.
func percentiles(_ *measure.LoadSummary, o Options) ([]byte, error) {
	if o.Response == nil {
		return nil, errors.New("hgrm needs the histogram of the response times, which this run did not keep: use json or csv")
	}
	var text bytes.Buffer
	_, err := o.Response.Histogram().PercentilesPrint(&text, ticks, scale)
	return text.Bytes(), err
}

// LogFormat is the one format that is written while a run goes on, by a Log.
const LogFormat = "hlog"

// Log is a log of histograms (HdrHistogram's log format 1.3) in microseconds: for each interval after the warm-up one
// without a tag, of the response times of successes, and where there are any, others with the tags service,
// failed_response, failed_service and lag. It keeps no interval. It is not safe for concurrent use.
type Log struct {
	w       io.Writer
	begin   int64        // of the run, in milliseconds since 1970
	waiting bytes.Buffer // lines that are to be written at once
	lines   *hdrhistogram.HistogramLogWriter
	err     error // the first
}

// NewLog makes the log of a run. It writes nothing before the first interval after the warm-up, or the end.
func NewLog(w io.Writer, b measure.Beginning) *Log {
	l := &Log{w: w, begin: b.Started.UnixMilli()}
	l.lines = hdrhistogram.NewHistogramLogWriter(&l.waiting)
	base := l.begin / 1000 * 1000 // a log has whole seconds for it
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

// Interval writes the next interval, with one Write. After an error, which is the writer's, it writes nothing any more,
// and gives that error again.
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

// End writes what waits: the head, where there was no interval. The error is the first of all.
func (l *Log) End() error {
	if l.err == nil && l.waiting.Len() > 0 {
		_, l.err = l.waiting.WriteTo(l.w)
	}
	return l.err
}

// noLog stands where the other formats have what writes them.
func noLog(*measure.LoadSummary, Options) ([]byte, error) {
	return nil, errors.New("hlog needs the histograms of each second, which a summary does not have: use NewLog")
}
