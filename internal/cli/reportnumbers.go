package cli

// ReportNumbers defines every number of the report.
const ReportNumbers = `What the numbers of the report mean

A request is one entry of the list. Each try of it is an attempt; a retry is
another attempt. A hop is one round trip; a redirect makes several hops of one
attempt. With --follow-pages or --next a request has several pages, each a
result of its own: 3/2 is page 2 of request 3. With --every each round of the
list has requests of its own.

The rows
  NAME       what the list calls the request; of a row of a table the cell of
             the column name, else of the first that the URL uses; of a batch
             its first and last row.
  LATENCY    service time: the sum of the times of all hops of all attempts,
             from leaving the gate (where our own limits hold it) until the body
             was read or the error known. It includes dialling, DNS and TLS,
             but not waiting for our own limits, back-off, or the programs of
             --exec.
  TTFB       time to the first byte: of the last hop, from leaving the gate.
  WAITED     limiter wait (a slot was free, a token of --rate, of --rate-host or
             of the pace that was learned was not, or the host was paused) plus
             back-off. Waiting for a slot is not included: in a list, its sum
             means nothing.
  SIZE       the body as decoded.
  VALUE      the value of --select or --exec, shortened; the other formats have
             it in full. If it ends with an object, such as
             {a, b: .x}, its keys have columns of their own. Of a batch: how
             many of its rows have a value. A yellow status: some have none, or
             it took several attempts.
  ATTEMPTS   number of attempts. TRIES where there is little room.
  file       where the body was kept (-o), ahead of the URL.

The summary
  ok          the status is one of --accept (200 to 299 if not given), and all
              that --expect and --expect-type ask for holds. "missing" of them
              have a status of --missing-ok: they were not found, which counts
              as success
  wall        from the start of the run to its end
  serial      what one client doing one thing at a time would have needed.
              Estimated: the sum of all service times, failures included,
              back-off not, and of the waits that pages ask for (--next-wait),
              and never less than the rates allow. Measured or sampled with
              --baseline
  speedup     serial / wall
  floor       the least wall that these service times allow under the limits
              asked for: the largest of the longest request with its pages
              (service, back-off and the waits between pages); the sum of
              service times / slots (-c); the same for each host and --per-host;
              (hops - burst) / rate, in total and for each host; the pauses that
              a host asked for with a 429
  efficiency  floor / wall, so at most 100 %: of the time, whatever failed
  bound       which of these floors is the largest; or, where the wall is far
              above all of them, what a host did that makes up half of what is
              above: pauses, an outage, a limit that it states, or its pace
  rows        of the table that requests were made from (once for each template,
              however many pages): ok, failed, undone (canceled, or no response
              yet). A row that the response to a batch leaves out has failed,
              and the request has not
  latency     of the requests that succeeded, and apart from them of those that
              failed. A percentile is given when enough values carry it: p90
              from 10, p95 from 20, p99 from 100. Nearest rank
  waited      limiter wait and back-off, as the mean of all requests
  attempts    of all requests; and of the failed ones that were retried
  bodies      size of all of them, decoded, and what was kept: files, values,
              or nothing
  HOST        for each host: requests, successes, failures, attempts that were
              told to slow down ("limited": 429, 503), latency of the successes,
              hops a second
  pace        for hosts of which something was learned: what was asked for; the
              limit that they state; what was learned (the median of what it was
              lowered to, or nearly from, and no more than it served in its best
              ten seconds), lowest; what was reached; attempts refused, and of
              them those requeued, which cost no retry; how many waits of
              Retry-After were honoured, for a 503 by the request, for a 429 by
              all; waits as the mean of its requests; and what was learned
              first. fetch report JOURNAL --events lists all of it
  errors      how many requests failed with each class
  failed rows the first rows of batches that have no value
  notes       what was odd, such as retries that were not allowed; "interim":
              pages that gave no value, and were followed by another;
              "unmatched": responses to batches with more than was asked for;
              "lone_surrogate": half a character in a body, which became U+FFFD
  next        what would make it faster, computed by running the measured times
              through the scheduler with other settings, pauses and failures
              included; or what to give so that the next run begins with what
              was learned. A host is beyond its saturation point if responses
              took longer the more requests were in flight: then more
              concurrency only adds waiting

Error classes
  input dns connect tls · timeout_connect timeout_ttfb timeout_stall
  timeout_attempt (-t) timeout_total (--total-timeout) · conn_reset
  body_truncated body_too_large (--max-body) decode protocol redirect ·
  rate_limited http_4xx http_5xx http_other · expect · canceled deadline write ·
  circuit_open (not sent, or not again, since its host had been given up) ·
  robots (robots.txt disallows it)

Exit codes: fetch help exit-codes.
`
