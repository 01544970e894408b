package main

import "github.com/spf13/cobra"

// helpReport is the help topic that defines every number of the report.
func helpReport() *cobra.Command {
	return &cobra.Command{
		Use:   "report",
		Short: "what the numbers of the report mean",
		Long: `What the numbers of the report mean

A request is one entry of the list. Each try of it is an attempt; a retry is another attempt. A hop is
one round trip; a redirect makes several hops of one attempt.

The rows
  LATENCY    service time: the sum of the times of all hops of all attempts, from leaving the gate (where
             our own limits hold it) until the body was read or the error known. It holds dialling, DNS
             and TLS; it does not hold waiting for our own limits, nor sleeping between attempts.
  TTFB       time to the first byte: of the last hop, from leaving the gate.
  WAITED     limiter wait (a slot was free, a token of --rate or --rate-host was not) plus back-off.
             Waiting for a slot is not in it: in a list, its sum says nothing.
  SIZE       the body as decoded; bodies are counted, not kept.
  ATTEMPTS   how often it was tried.

The summary
  wall        from the start of the run to its end
  serial      what one client doing one thing at a time would have needed. Estimated: the sum of all
              service times, failures included, back-off not, and never less than the rates allow.
              Measured or sampled with --baseline.
  speedup     serial / wall
  floor       the least wall that these service times allow under the limits asked for: the largest of
              the longest request (service and back-off); the sum of service times / slots (-c); the same
              for each host and --per-host; (hops - burst) / rate, in total and for each host
  efficiency  floor / wall, so at most 100 %
  bound       which of these floors is the largest
  latency     of the requests that succeeded, and apart from them of those that failed. A percentile is
              given when enough values carry it: p90 from 10, p95 from 20, p99 from 100. Nearest rank.
  waited      the sums of limiter wait and back-off over all requests
  attempts    of all requests; and what the failed ones that were tried again took
  HOST        for each host: requests, successes, failures, attempts that were told to slow down
              ("limited": 429, 503), latency of the successes, hops a second
  errors      how many requests failed with each class
  notes       what was odd, such as retries that were not allowed
  next        what would make it faster, computed by running the measured times through the scheduler
              with other settings

Error classes
  input dns connect tls · timeout_connect timeout_ttfb timeout_stall timeout_attempt (-t)
  timeout_total (--total-timeout) · conn_reset body_truncated body_too_large decode protocol redirect ·
  rate_limited http_4xx http_5xx http_other · expect · canceled deadline write
`,
	}
}
