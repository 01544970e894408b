package output

import (
	"errors"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"

	"example.com/fetch/internal/load/figures"
)

// writeLog writes a log of histograms (HdrHistogram's log format 1.3) in microseconds: for each interval after the
// warm-up one without a tag, of the response times of successes, and where there are any, others with the tags service,
// failed_response, failed_service and lag.
func writeLog(w io.Writer, s *figures.Summary, o Options) error {
	if o.Intervals == nil {
		return errors.New("hlog needs the histograms of each second, which this run did not keep: use json or csv")
	}
	log := hdrhistogram.NewHistogramLogWriter(w)
	begin := s.Started.UnixMilli() - s.WarmUp.For.Duration().Milliseconds()
	base := begin / 1000 * 1000 // a log has whole seconds for it
	log.SetBaseTime(base)
	for _, write := range []func() error{
		func() error { return log.OutputComment("[fetch load: times in microseconds; Interval_Max in seconds]") },
		log.OutputLogFormatVersion,
		func() error { return log.OutputStartTime(base) },
		func() error { return log.OutputBaseTime(base) },
		log.OutputLegend,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	for interval := range o.Intervals {
		if interval.WarmUp {
			continue
		}
		for _, of := range []struct {
			tag   string
			times *figures.Times
		}{
			{"", &interval.Response}, {"service", &interval.Service}, {"failed_response", &interval.FailedResponse},
			{"failed_service", &interval.FailedService}, {"lag", &interval.Lag},
		} {
			if of.tag != "" && of.times.N() == 0 {
				continue
			}
			h := of.times.Histogram()
			h.SetTag(of.tag)
			h.SetStartTimeMs(begin + interval.From.Duration().Milliseconds())
			h.SetEndTimeMs(begin + interval.To.Duration().Milliseconds())
			if err := log.OutputIntervalHistogram(h); err != nil {
				return err
			}
		}
	}
	return nil
}
