package main

import (
	"time"

	"example.com/fetch/internal/load"
	"example.com/fetch/internal/load/verdict"
)

// loadFlags are the flags of a load test: the plan, and those of a run that mean the same here.
type loadFlags struct {
	run runFlags

	rate                arrivalRate
	arrivals            string
	count               int64
	length, warm, think seconds
	stages              string
	maxInFlight         int
	random              bool
	weight, groupBy     string
	seed                uint64

	connections connectionFlags
	compressed  bool

	thresholds []string
	metrics    string
	records    bool

	planned load.Plan           // what they ask for; set by check
	limits  []verdict.Threshold // of thresholds; set by check
}

// The models of arrivals.
const (
	constantArrivals = "constant"
	poissonArrivals  = "poisson"
)

const (
	defaultLoad     = 10 * time.Second // how long a load test lasts that does not say it
	defaultInFlight = 10_000
)
