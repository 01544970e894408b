package spec

import (
	"time"

	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/threshold"
)

// Load is a load test: the plan, and what of a run means the same here.
type Load struct {
	Run Spec

	Rate                value.ArrivalRate
	Arrivals            string
	Count               int64
	Length, Warm, Think value.Seconds
	Stages              string
	MaxInFlight         int
	Random              bool
	Weight, GroupBy     string
	Seed                uint64

	Connections Connections
	Compressed  bool

	Thresholds []string
	Records    bool

	Planned load.Plan             // what they ask for; set by check
	Limits  []threshold.Threshold // of thresholds; set by check
}

// The models of arrivals.
const (
	ConstantArrivals = "constant"
	poissonArrivals  = "poisson"
)

const (
	DefaultLoad     = 10 * time.Second // how long a load test lasts that does not say it
	defaultInFlight = 10_000
)
