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

// printFailedAttempts prints with -v a line for each attempt that failed.
func (j *listRun) printFailedAttempts(r *record.Record) {
	w := aboveBar{&j.job}
	for i, a := range r.Attempts {
		if a.Class == "" {
			continue
		}
		next := ""
		if i+1 < len(r.Attempts) {
			next = fmt.Sprintf("; again after %gs", a.Backoff.Duration().Round(time.Millisecond).Seconds())
		}
		if next == "" && r.ErrorBody != "" { // the excerpt of the last attempt
			next = ": " + r.ErrorBody
		}
		Say(w, "%d %s: attempt %d: %s: %s%s", r.Seq, record.Printable(r.URL), i+1, a.Class,
			record.Printable(a.Error), next)
	}
}

// failuresBeforeHint is the number of results after which, if all failed, the user is told how to end a run early.
const failuresBeforeHint = 10

// printOnlyFailures reports that nothing has succeeded yet.
func (j *listRun) printOnlyFailures() {
	if j.failures.requests != failuresBeforeHint || j.succeeded || j.flags.Quiet || j.flags.FailFast || j.flags.MaxErrors > 0 {
		return
	}
	if left, known := j.left(); known && left <= failuresBeforeHint {
		return // the run is over
	}
	Say(aboveBar{&j.job}, "all %d results so far are failures; the first: %s; --max-errors N ends such a run early",
		failuresBeforeHint, record.Printable(j.failures.first+": "+j.failures.firstError))
}

// countNulls counts the values of --select until one is not null: an expression with a misspelt name is not
// an error.
func (j *listRun) countNulls(r *record.Record) {
	if j.flags.Selected == "" || j.valued {
		return
	}
	for _, a := range r.Answers() {
		j.nulls += int64(len(a.Values))
		j.valued = j.valued || slices.ContainsFunc(a.Values, func(v json.RawMessage) bool { return !isNull(v) })
	}
}

// isNull reports whether a value is null, or an object whose members are all null.
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

// printSlotLimit reports that the open-files limit allows fewer requests in flight than -c asks for.
func (j *job) printSlotLimit(asked int) {
	if slots, _ := j.flags.InFlight(); slots < asked {
		j.streams.note(j.flags, "-c %d: this process may have %d files open, enough for %d requests in flight; raise the limit with ulimit -n",
			asked, process.OpenFiles(), slots)
	}
}

// printMissing reports data that is missing or was changed although the exit code is not about that. As this
// concerns data, -q does not silence it.
func (j *listRun) printMissing(s *measure.Summary) {
	for _, note := range []string{follow.NoteMaxPages, follow.NotePageLoop, follow.NoteBadNext} {
		if n := s.Notes[note]; n > 0 {
			Say(j.streams.Err, "further pages were not fetched: %s %d; the data is incomplete, see --max-pages and --fields notes", note, n)
		}
	}
	if j.nulls > 0 && !j.valued {
		Say(j.streams.Err, "--select %s gave null for every response (values: %d); compare its names with a body, which -o - prints", j.flags.Selected, j.nulls)
	}
	if n := s.Notes[record.NoteLoneSurrogate]; n > 0 {
		Say(j.streams.Err, "U+FFFD replaces unpaired surrogates in values taken from bodies: %s %d", record.NoteLoneSurrogate, n)
	}
}

// printUnreported reports what the report on standard output cannot show, such as missing data.
func (j *listRun) printUnreported(ctx context.Context, s *measure.Summary) {
	say := func(format string, args ...any) { j.streams.note(j.flags, format, args...) }
	if b := j.bodies; b.files != nil && b.files.Taken() > 0 {
		say("file names already taken: %d in %s; a number was added to the names of those bodies (--overwrite replaces files, fetch sync updates them)",
			b.files.Taken(), record.Printable(j.flags.Output))
	}
	if undone := s.NotStarted + s.Canceled; undone > 0 && (j.folder != nil || !slices.Contains([]string{"table", "markdown", "json"}, j.flags.Format)) {
		say("unfinished: %d of %d requests were not done", undone, s.Requests)
	}
	if s.Duplicates > 0 && j.flags.Format != "table" && j.flags.Format != "json" {
		say("left out by --dedupe: %d duplicate requests", s.Duplicates)
	}
	defer j.printNext(s)
	if j.folder != nil || j.flags.Format == "table" || j.flags.Format == "markdown" {
		return // the report shows all of it
	}
	if s.Failed > 0 {
		var classes []string
		for _, class := range slices.Sorted(maps.Keys(s.Classes)) {
			classes = append(classes, fmt.Sprintf("%s %d", class, s.Classes[class]))
		}
		first := j.failures.first
		if place := j.list.Place(ctx, j.failures.firstSeq); place != "" && !j.resumes() && j.flags.Every == 0 {
			first += ", " + place
		}
		say("%d of %d requests failed: %s; the first: %s", s.Failed, s.Requests, strings.Join(classes, ", "), record.Printable(first+": "+j.failures.firstError))
		if s.Classes[fetcher.KindRateLimited.String()] > 0 && s.Advice != "" {
			say("%s", record.Printable(s.Advice))
		}
	}
	if s.RowCounts != nil && s.RowsFailed > s.Failed { // otherwise the line above says it
		say("rows without a result: %d of %d; -f table names them, --fields error says why", s.RowsFailed, s.Rows)
	}
}

// printNext names the command that resumes the run, or retries what failed.
func (j *listRun) printNext(s *measure.Summary) {
	if j.folder != nil || j.flags.Every > 0 || j.part != nil && j.part.lost {
		return
	}
	what, without, command := "", "", ""
	switch {
	case s.NotStarted+s.Canceled+s.Classes[fetcher.KindWrite.String()] > 0:
		what, without, command = "resume with", "resume from here", "resume"
	case s.Failed > 0:
		what, without, command = "retry the failures with", "send only the failed requests again", "retry"
	default:
		return
	}
	if j.part == nil {
		if isTerminal(j.streams.Err) && s.Requests > 1 {
			j.streams.note(j.flags, "with a journal (-j run.jsonl) fetch %s run.jsonl would %s", command, without)
		}
		return
	}
	again, secrets := j.part.line.Again, ""
	if j.resumes() {
		again = j.part.before.Run().Again
	}
	if len(again) > 0 {
		secrets = ", and give again what the journal does not store: " + strings.Join(again, ", ")
	}
	j.streams.note(j.flags, "%s: fetch %s %s%s", what, command, units.ShellPath(j.part.path), secrets)
}

// learned is called by the engine for each change in what a host is allowed.
func (j *listRun) learned(e fetcher.HostEvent) {
	j.share(e)
	e.At -= j.epoch
	event := allowed(j.flags, record.HostEventOf(e))
	if j.part != nil && j.part.writer != nil {
		_ = j.part.writer.HostEvent(event) // the next record reports the error, too
	}
	if !j.resumes() {
		j.output.collector.Event(event)
	}
	j.view.Changed(event)
	if j.flags.Verbose && !j.flags.Quiet {
		Say(aboveBar{&j.job}, "%s: %s", units.Host(event.Host), units.ChangeWhy(&event))
	}
}

// allowed returns the event with From cleared where the host was allowed more before than could be used:
// learned limits may exceed the requested ones.
func allowed(f *spec.Spec, e record.HostEvent) record.HostEvent {
	slots, perSecond := f.AskedOf(e.Host)
	switch {
	case e.Change == fetcher.EventSlots && e.From >= float64(slots),
		e.Change == fetcher.EventPace && perSecond > 0 && e.From >= perSecond:
		e.From = 0
	}
	return e
}
