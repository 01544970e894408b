package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/process"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/units"
)

// tell is -v: a line for each attempt that failed.
func (j *listRun) tell(r *record.Record) {
	w := aboveBar{&j.job}
	for i, a := range r.Attempts {
		if a.Class == "" {
			continue
		}
		next := ""
		if i+1 < len(r.Attempts) {
			next = fmt.Sprintf("; again after %gs", a.Backoff.Duration().Round(time.Millisecond).Seconds())
		}
		if next == "" && r.ErrorBody != "" { // which is of the last attempt
			next = ": " + r.ErrorBody
		}
		Say(w, "%d %s: attempt %d: %s: %s%s", r.Seq, record.Printable(r.URL), i+1, a.Class,
			record.Printable(a.Error), next)
	}
}

// failuresTold is after how many results, all of them failures, it is said how a run ends by itself.
const failuresTold = 10

// tellFailures says that nothing has succeeded yet.
func (j *listRun) tellFailures() {
	if j.failures.requests != failuresTold || j.succeeded || j.flags.Quiet || j.flags.FailFast || j.flags.MaxErrors > 0 {
		return
	}
	if left, known := j.left(); known && left <= failuresTold {
		return // that was all
	}
	Say(aboveBar{&j.job}, "nothing but failures so far, %d of them; the first: %s; --max-errors N would end such a run",
		failuresTold, record.Printable(j.failures.first+": "+j.failures.firstError))
}

// countNulls counts what --select gives as long as that is nothing but null: an expression with a wrong name in it is no error.
func (j *listRun) countNulls(r *record.Record) {
	if j.flags.Selected == "" || j.valued {
		return
	}
	for _, a := range r.Answers() {
		j.nulls += int64(len(a.Values))
		j.valued = j.valued || slices.ContainsFunc(a.Values, func(v json.RawMessage) bool { return !isNull(v) })
	}
}

// isNull reports whether a value is null, or an object of nothing else.
func isNull(value json.RawMessage) bool {
	r := jsonx.NewReader(value)
	if r.Kind() != '{' {
		return r.Kind() == 'n'
	}
	null := true
	for range r.Object() {
		null = null && r.Kind() == 'n'
		r.Skip()
	}
	return null
}

// tellSlots says that the system does not let so many requests be in flight as are asked for.
func (j *job) tellSlots(asked int) {
	if slots, _ := j.flags.InFlight(); slots < asked {
		j.streams.tell(j.flags, "-c %d: this process may have %d files open, enough for %d requests in flight; raise the limit with ulimit -n",
			asked, process.OpenFiles(), slots)
	}
}

// tellMissing says what is missing in the data or not as it was, though the exit code does not say so. As with a value that
// has no column, -q does not silence it.
func (j *listRun) tellMissing(s *measure.Summary) {
	for _, note := range []string{follow.NoteMaxPages, follow.NotePageLoop, follow.NoteBadNext} {
		if n := s.Notes[note]; n > 0 {
			Say(j.streams.Err, "further pages were not fetched: %s %d; what came is not all of it, see --max-pages and --fields notes", note, n)
		}
	}
	if j.nulls > 0 && !j.valued {
		Say(j.streams.Err, "--select %s gives null for all that came (values: %d); hold its names against a body, which -o - prints", j.flags.Selected, j.nulls)
	}
	if n := s.Notes[record.NoteLoneSurrogate]; n > 0 {
		Say(j.streams.Err, "U+FFFD stands for half of a surrogate pair, which is no character, in what was taken from bodies: %s %d", record.NoteLoneSurrogate, n)
	}
}

// tellRest says what the report on standard output cannot say: of data, whether something is missing in it.
func (j *listRun) tellRest(ctx context.Context, s *measure.Summary) {
	say := func(format string, args ...any) { j.streams.tell(j.flags, format, args...) }
	if b := j.bodies; b.files != nil && b.files.Taken() > 0 {
		say("taken names: %d in %s; those bodies have a number behind their names (--overwrite replaces files, fetch sync keeps them in step)",
			b.files.Taken(), record.Printable(j.flags.Output))
	}
	if undone := s.NotStarted + s.Canceled; undone > 0 && (j.folder != nil || !slices.Contains([]string{"table", "markdown", "json"}, j.flags.Format)) {
		say("unfinished: %d of %d requests were not done", undone, s.Requests)
	}
	if s.Duplicates > 0 && j.flags.Format != "table" && j.flags.Format != "json" {
		say("left out by --dedupe: %d requests that the list has twice", s.Duplicates)
	}
	defer j.tellNext(s)
	if j.folder != nil || j.flags.Format == "table" || j.flags.Format == "markdown" {
		return // the report has it all
	}
	if s.Failed > 0 {
		var classes []string
		for _, class := range slices.Sorted(maps.Keys(s.Classes)) {
			classes = append(classes, fmt.Sprintf("%s %d", class, s.Classes[class]))
		}
		first := j.failures.first
		if place := j.list.Place(ctx, j.failures.firstSeq); place != "" && !j.goesOn() && j.flags.Every == 0 {
			first += ", " + place
		}
		say("%d of %d requests failed: %s; the first: %s", s.Failed, s.Requests, strings.Join(classes, ", "), record.Printable(first+": "+j.failures.firstError))
		if s.Classes[fetcher.KindRateLimited.String()] > 0 && s.Advice != "" {
			say("%s", record.Printable(s.Advice))
		}
	}
	if s.RowCounts != nil && s.RowsFailed > s.Failed { // otherwise that has just been said
		say("rows without an answer: %d of %d; -f table names them, --fields error says why", s.RowsFailed, s.Rows)
	}
}

// tellNext says which command goes on with what was not done, and which does again what failed.
func (j *listRun) tellNext(s *measure.Summary) {
	if j.folder != nil || j.flags.Every > 0 || j.leg != nil && j.leg.lost {
		return
	}
	what, without, command := "", "", ""
	switch {
	case s.NotStarted+s.Canceled+s.Classes[fetcher.KindWrite.String()] > 0:
		what, without, command = "go on with", "go on from here", "resume"
	case s.Failed > 0:
		what, without, command = "do again what failed with", "do again what failed, and nothing else", "retry"
	default:
		return
	}
	if j.leg == nil {
		if isTerminal(j.streams.Err) && s.Requests > 1 {
			j.streams.tell(j.flags, "with a journal (-j run.jsonl) fetch %s run.jsonl would %s", command, without)
		}
		return
	}
	again, secrets := j.leg.line.Again, ""
	if j.goesOn() {
		again = j.leg.before.Run().Again
	}
	if len(again) > 0 {
		secrets = ", and give again what the journal does not hold: " + strings.Join(again, ", ")
	}
	j.streams.tell(j.flags, "%s: fetch %s %s%s", what, command, units.ShellPath(j.leg.path), secrets)
}

// taught is told of each change in what a host is allowed, by the engine.
func (j *listRun) taught(e fetcher.HostEvent) {
	j.share(e)
	e.At -= j.epoch
	event := allowed(j.flags, record.HostEventOf(e))
	if j.leg != nil && j.leg.writer != nil {
		_ = j.leg.writer.HostEvent(event) // the next record has the error, too
	}
	if !j.goesOn() {
		j.output.collector.Event(event)
	}
	j.view.Changed(event)
	if j.flags.Verbose && !j.flags.Quiet {
		Say(aboveBar{&j.job}, "%s: %s", units.Host(event.Host), units.ChangeWhy(&event))
	}
}

// allowed is an event that tells what a host was allowed before as far as that could be used: what is learned may grow beyond
// what was asked for.
func allowed(f *spec.Spec, e record.HostEvent) record.HostEvent {
	slots, perSecond := f.AskedOf(e.Host)
	switch {
	case e.Change == fetcher.EventSlots && e.From >= float64(slots),
		e.Change == fetcher.EventPace && perSecond > 0 && e.From >= perSecond:
		e.From = 0
	}
	return e
}
