package report

import (
	"errors"
	"io"

	"example.com/fetch/internal/measure"
)

const (
	ticks = 5      // of percentiles for each half of the rest, as in HdrHistogram's own tools
	scale = 1000.0 // from microseconds to milliseconds
)

// writePercentiles writes the percentiles of the response times of successes, in milliseconds, in the columns that
// hdrplot and the plotter of HdrHistogram read.
func writePercentiles(w io.Writer, _ *measure.LoadSummary, o Options) error {
	if o.Response == nil {
		return errors.New("hgrm needs the histogram of the response times, which this run did not keep: use json or csv")
	}
	_, err := o.Response.Histogram().PercentilesPrint(w, ticks, scale)
	return err
}
