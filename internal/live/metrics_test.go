package live

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// family is a metric with its samples by what stands before their values, each in the order of the text.
type family struct {
	kind    string
	names   []string
	samples map[string]float64
}

var (
	headLine   = regexp.MustCompile(`^# (HELP|TYPE) ([a-z_]+) (.+)$`)
	sampleLine = regexp.MustCompile(`^([a-z_]+)((?:\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"\})?) (\S+)$`)
)

// parsed reads an exposition more strictly than Prometheus does: every metric has one HELP, one TYPE after it, and then all
// its samples, none twice; no line is empty; the text ends in a new line; counters have no sample below 0; the buckets of
// a histogram ascend, end in +Inf and agree with its count.
func parsed(t *testing.T, text string) map[string]*family {
	t.Helper()
	families := map[string]*family{}
	var name string
	body, ended := strings.CutSuffix(text, "\n")
	if !ended {
		t.Errorf("the last line has no end: %q", text[max(len(text)-80, 0):])
	}
	for i, line := range strings.Split(body, "\n") {
		if head := headLine.FindStringSubmatch(line); head != nil {
			switch {
			case head[1] == "HELP" && families[head[2]] == nil:
				name = head[2]
				families[name] = &family{samples: map[string]float64{}}
			case head[1] == "TYPE" && head[2] == name && families[name].kind == "":
				families[name].kind = head[3]
			default:
				t.Errorf("line %d: out of place: %s", i+1, line)
			}
			continue
		}
		fields := sampleLine.FindStringSubmatch(line)
		if fields == nil {
			t.Fatalf("line %d: neither a comment nor a sample: %q", i+1, line)
		}
		value, err := strconv.ParseFloat(fields[3], 64)
		f := families[name]
		key := strings.TrimPrefix(fields[1]+fields[2], name)
		_, twice := f.samples[key]
		suffixes := []string{""}
		if f.kind == "histogram" {
			suffixes = []string{"_bucket", "_sum", "_count"}
		}
		if err != nil || twice || f.kind == "" || !slices.Contains(suffixes, strings.TrimPrefix(fields[1], name)) || f.kind != "gauge" && value < 0 {
			t.Errorf("line %d: out of place: %s", i+1, line)
		}
		f.samples[key] = value
		f.names = append(f.names, key)
	}
	for name, f := range families {
		if f.kind == "histogram" {
			checkHistogram(t, name, f)
		}
	}
	return families
}

func checkHistogram(t *testing.T, name string, f *family) {
	t.Helper()
	le, count := -1.0, 0.0
	for _, key := range f.names {
		bound, isBucket := strings.CutPrefix(key, `_bucket{le="`)
		if !isBucket {
			continue
		}
		next, err := strconv.ParseFloat(strings.TrimSuffix(bound, `"}`), 64)
		if err != nil || next <= le || f.samples[key] < count {
			t.Errorf("%s%s %v does not follow %v with %v", name, key, f.samples[key], le, count)
		}
		le, count = next, f.samples[key]
	}
	if all := f.samples[`_bucket{le="+Inf"}`]; f.samples["_count"] != all {
		t.Errorf("%s: count %v, but %v in all buckets", name, f.samples["_count"], all)
	}
}

func TestMetrics(t *testing.T) {
	l := sample()
	l.WarmUp.Requests, l.Waiting, l.Canceled = 77, 3, 4
	l.Notes = measure.Counts{"a\"b\\c\nd\xff": 5}
	got := parsed(t, open.metrics(l))
	for want, value := range map[string]float64{
		`requests_total{outcome="ok"}`:               11_988,
		`requests_total{outcome="failed"}`:           12,
		`requests_total{outcome="canceled"}`:         4,
		`failures_total{class="http_5xx"}`:           10,
		`failures_total{class="dns"}`:                0,
		`responses_total{status="503"}`:              10,
		`notes_total{note="a\"b\\c\nd` + "\ufffd\"}": 5,
		`sent_total`:                               12_062,
		`warm_up_requests_total`:                   77,
		`in_flight`:                                50,
		`waiting`:                                  3,
		`elapsed_seconds`:                          12,
		`asked_rate`:                               1000,
		`response_seconds_count`:                   11_988,
		`response_seconds_sum`:                     l.Response.Sum().Duration().Seconds(),
		`service_seconds_count`:                    11_988,
		`failed_response_seconds_count`:            12,
		`failed_response_seconds_sum`:              0.066,
		`failed_service_seconds_count`:             12,
		`schedule_lag_seconds_bucket{le="0.0001"}`: 11_988,
		`received_bytes_total`:                     12_300_000,
		`decoded_bytes_total`:                      30_000_000,
		`connections_total{state="opened"}`:        50,
		`connections_total{state="reused"}`:        11_950,
	} {
		f, key := found(got, want)
		if f == nil || f.samples[key] != value {
			t.Errorf("%s: want %v, got %+v", want, value, f)
		}
	}
	if f, _ := found(got, `failures_total{class="canceled"}`); len(f.samples) < 10 || f.samples[`{class="canceled"}`] != 0 {
		t.Errorf("failures are of the classes %v", f.names)
	}
}

// found is the metric of a sample, and the rest of the sample's name.
func found(families map[string]*family, sample string) (*family, string) {
	name := "fetch_load_" + sample
	if name, labels, ok := strings.Cut(name, "{"); ok {
		if f := families[name]; f != nil {
			return f, "{" + labels
		}
	}
	for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
		plain, labels, _ := strings.Cut(name, "{")
		base, ok := strings.CutSuffix(plain, suffix)
		if f := families[base]; ok && f != nil {
			if labels != "" {
				labels = "{" + labels
			}
			return f, suffix + labels
		}
	}
	return nil, ""
}

func TestMetricsOfTimes(t *testing.T) {
	var l measure.Live
	for _, at := range []record.Micros{0, 99, 100, 101, 250_000, 700_000, 100_000_000, 100_200_000} {
		l.Response.Add(at)
	}
	buckets := parsed(t, open.metrics(l))["fetch_load_response_seconds"].samples
	for le, want := range map[string]float64{"0.0001": 3, "0.00015": 4, "0.2": 4, "0.3": 5, "0.7": 6, "70": 6, "100": 7, "+Inf": 8} {
		if got := buckets[`_bucket{le="`+le+`"}`]; got != want {
			t.Errorf("%v times up to %s s, want %v", got, le, want)
		}
	}
	if want := 40; len(buckets) != want { // 6 in each of 6 decades, 100 s, +Inf, sum and count
		t.Errorf("%d samples of a histogram, want %d", len(buckets), want)
	}
}

func TestMetricsOfTheClosedModel(t *testing.T) {
	users := Load{Asked: measure.Asked{Model: measure.ModelClosed}, Target: func(at time.Duration) float64 { return at.Seconds() }}
	got := parsed(t, users.metrics(measure.Live{At: 7_500_000}))
	if got["fetch_load_asked_rate"] != nil || got["fetch_load_asked_users"].samples[""] != 7.5 {
		t.Errorf("asked for are %+v", got["fetch_load_asked_users"])
	}
}

// Prometheus's own tool reads them, and finds nothing to complain of.
func TestPromtool(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("no promtool; on Debian's kin it comes with the package prometheus")
	}
	full := sample()
	full.Notes = measure.Counts{"out_of_files": 1, "a\"b\\c\nd": 1}
	for _, l := range []measure.Live{{}, full} {
		for _, v := range []Load{open, {Asked: measure.Asked{Model: measure.ModelClosed, Concurrency: 3}}} {
			command := exec.Command("promtool", "check", "metrics")
			command.Stdin = strings.NewReader(v.metrics(l))
			if said, err := command.CombinedOutput(); err != nil || len(said) > 0 {
				t.Errorf("promtool: %v\n%s", err, said)
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		value float64
		want  string
	}{{0, "0"}, {1e15, "1000000000000000"}, {0.1, "0.1"}, {0.00015, "0.00015"}, {1.5, "1.5"}, {1e300, "1e+300"}} {
		got := number(test.value)
		if back, err := strconv.ParseFloat(got, 64); got != test.want || err != nil || back != test.value {
			t.Errorf("%v is written %s, want %s", test.value, got, test.want)
		}
	}
	if got := fmt.Sprint(bounds); !strings.HasPrefix(got, "[100 150 200 300 450 700 1000 1500 ") || !strings.HasSuffix(got, " 70000000 100000000]") {
		t.Errorf("the bounds are %s", got)
	}
}

func BenchmarkMetrics(b *testing.B) {
	l := sample()
	for b.Loop() {
		open.metrics(l)
	}
}
