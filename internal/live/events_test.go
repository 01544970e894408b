package live

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// staged is the plan with all that can be known of one.
var staged = func() Load {
	v := open
	v.Asked.Target = "http://a.test/"
	v.Course = func(time.Duration) load.Course {
		return load.Course{N: 2, Of: 3, Past: 2600 * time.Millisecond, Stage: load.Stage{For: 20 * time.Second, To: 1500}}
	}
	v.Limits = func() []Limit {
		return []Limit{{Check: measure.Check{Threshold: "p99<1s", OK: true, Measured: "501ms"}}}
	}
	return v
}()

func TestLoadEvent(t *testing.T) {
	l := sample()
	l.Notes = measure.Counts{"out_of_files": 3}
	got := jsonLine(staged.at(l, at).Event(true))
	var e LoadEvent
	if err := json.Unmarshal([]byte(got), &e); err != nil {
		t.Fatal(err)
	}
	times := Latencies{l.Response.Latency(), l.Service.Latency()}
	want := LoadEvent{
		V: 1, Type: "load_progress", Final: true, ElapsedMS: 12_600_000, Share: new(0.42), ETAMS: new(record.Micros(17_400_000)),
		Rate: Rate{Now: 990, Average: 952.381, Asked: 1000}, Sent: 12_062, OK: 11_988, Failed: 12, InFlight: 50,
		Bytes: 30_000_000, Wire: 12_300_000, Opened: 50, Reused: 11_950, Recent: times, All: times,
		Statuses: l.Statuses, Classes: l.Classes, Retried: l.Retried, Target: "http://a.test/", Lag: l.Lag.Latency(), Stage: 2, Stages: 3,
		Limits: []measure.Check{{Threshold: "p99<1s", OK: true, Measured: "501ms"}}, Notes: l.Notes,
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoadEventWithoutFigures(t *testing.T) {
	got := jsonLine(Load{Asked: measure.Asked{Model: measure.ModelClosed, WarmUp: 2e6}}.at(
		measure.Live{Interval: measure.Interval{Statuses: measure.Counts{}, Classes: measure.Counts{}, Retried: measure.Counts{}, Notes: measure.Counts{}}}, 3*time.Second).Event(false))
	const none = `{"n":0,"min":null,"mean":null,"p50":null,"p75":null,"p90":null,"p95":null,"p99":null,"p99_9":null,"p99_99":null,"max":null}`
	const times = `{"response_ms":` + none + `,"service_ms":` + none + `}`
	const want = `{"v":1,"type":"load_progress","final":false,"elapsed_ms":3000,"warming_up":false,"share":null,"eta_ms":null,` +
		`"rate_per_s":{"now":0,"average":0},"sent":0,"ok":0,"failed":0,"canceled":0,"in_flight":0,"waiting":0,"bytes":0,"wire_bytes":0,` +
		`"connections_opened":0,"connections_reused":0,"last_10_s":` + times + `,"all":` + times + `,"statuses":{},"classes":{},"retried":{},"target":"","lag_ms":` + none + `,"thresholds":[],"notes":{}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
