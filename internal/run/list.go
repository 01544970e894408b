package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/exit"
	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/list/cells"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/network"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
)

// openList opens the sources, and explains a file that does not exist.
func openList(ctx context.Context, args []string, s Streams, flags *spec.Spec, each fetcher.Request, secrets []template.Secret,
	unfilled func(variable string)) (*lists.List, error) {
	options := lists.Options{
		Format: flags.InputFormat, Rows: flags.Rows, Set: flags.Set, Dedupe: flags.Dedupe, Cookies: flags.Cookies, SkipBad: flags.SkipBad,
		Template: each, ContentFiles: flags.Body.FilesRead(), SecretValues: secrets, Secrets: flags.Secrets(), Common: flags.Common,
		Unfilled: unfilled,
	}
	var err error
	if flags.Batch != "" {
		if options.Batch, err = template.ParseBatch(flags.Batch); err != nil {
			return nil, exit.Usage(err)
		}
	}
	if flags.Body.ReadsStdin() && flags.ReadsStdin(args) {
		return nil, exit.Usage(errors.New("standard input is named twice, for the list and for what is sent; write - once"))
	}
	content, err := flags.Body.Content(s.In)
	switch {
	case err != nil:
		return nil, exit.Usage(err)
	case flags.ToQuery:
		options.Query = content.Parts
	case flags.SendsBody():
		options.Content = content
	}
	list, err := lists.Open(ctx, args, s.In, options)
	if errors.Is(err, format.ErrInput) {
		return nil, exit.Usage(err)
	}
	return list, err
}

// isInput reports whether an error is about the list itself or about the hosts that it names.
func isInput(err error) bool {
	_, otherHost := errors.AsType[*credential.OtherHostError](err)
	return otherHost || errors.Is(err, format.ErrInput)
}

// open reads everything that defines the requests: the list, what all requests share, the credentials, and
// the expressions.
func (j *job) open(ctx context.Context, sources []string) error {
	each, secret, secrets, err := j.shared()
	if err != nil {
		return exit.Usage(err)
	}
	j.agent = each.Header.Get("User-Agent")
	if j.list, err = openList(ctx, sources, j.streams, j.flags, each, secrets, j.warnUnfilled); err != nil {
		return err
	}
	j.opened(func() { j.list.Close() })
	j.warnUnused(ctx)
	j.cells = cells.New(secret, j.list.Columns(), secrets)
	if err = checkKey(j.extractor.Key.Column, j.list.Columns()); err == nil {
		err = j.checkBaseline(ctx)
	}
	if err == nil && (len(secret) > 0 || j.flags.GivesSecrets()) {
		err = j.checkCredentials(ctx)
	}
	return exit.Usage(err)
}

// shared returns what all requests share: the header fields that are credentials by themselves, and the
// values of variables.
func (j *job) shared() (each fetcher.Request, secret http.Header, secrets []template.Secret, err error) {
	f := j.flags
	if each, secret, err = f.Request(); err != nil {
		return
	}
	isOurs := func(host string) bool { return network.StandsInFor(f, host) }
	if j.credentials, err = f.Credentials(secret, isOurs, j.warn); err != nil {
		return
	}
	if j.sample, err = baselineSample(f); err != nil {
		return
	}
	if j.extractor, err = f.Extractor(f.Next, f.RowKey); err == nil {
		secrets, err = f.SecretValues()
	}
	return
}

// requests returns the list as it is sent, once or with --every in rounds, with the credentials of each host.
func (j *job) requests(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	reqs := j.list.Requests(ctx)
	if every, last := j.flags.Polling(); every > 0 {
		reqs = j.list.Rounds(ctx, time.Now(), every, last)
	}
	reqs = j.cells.Adapt(j.credentials.Adapt(j.flags.Timed(reqs)))
	if j.part != nil && j.part.past != nil {
		reqs = j.part.past.Skip(reqs, j.bodies.skipped(j.part))
	}
	if j.folder != nil {
		return j.folder.Requests(reqs)
	}
	return reqs
}

// rowColumns returns the columns of the rows that requests carry; nil if they are not known before the first
// row.
func (j *job) rowColumns() []string {
	columns := j.list.RowColumns()
	if columns == nil {
		return nil
	}
	return j.inRounds(columns)
}

// inRounds adds the two columns that rounds have.
func (j *job) inRounds(columns []string) []string {
	if every, _ := j.flags.Polling(); every > 0 {
		return slices.Concat([]string{lists.RoundColumn, lists.TimeColumn}, columns)
	}
	return columns
}

// checkCredentials finds out before anything is sent whether each credential belongs to one host, if the list
// can be read twice.
func (j *job) checkCredentials(ctx context.Context) error {
	if _, known := j.list.Total(); !known {
		return nil
	}
	survey, err := j.credentials.Survey(j.list.Requests(ctx))
	for _, host := range survey.Unused {
		j.warn(fmt.Sprintf("--auth-host %s: no request goes to it", host))
	}
	return err
}

// total returns the number of requests, further pages not counted, and whether it is known.
func (j *job) total() (int64, bool) {
	n, known := j.list.Total()
	every, last := j.flags.Polling()
	switch {
	case every == 0 || !known:
		return n, known
	case last == 0:
		return 0, false
	}
	return n * int64((last+every-1)/every), true
}

// sendable returns the list without requests that cannot be sent, because a load test cannot use them. They
// are an error, or with --skip-bad a warning.
func (j *job) sendable(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		var bad format.BadLinesError
		for req, err := range j.requests(ctx) {
			switch {
			case err != nil || req.Err == nil:
				if !yield(req, err) {
					return
				}
			case !j.flags.SkipBad:
				bad.Add(req.Err)
			case !j.flags.Quiet:
				Say(aboveBar{j}, "skipped: %v", req.Err)
			}
		}
		if bad.Count > 0 {
			yield(nil, &bad)
		}
	}
}

// checkKey makes sure that the column that matches pieces to rows exists; an empty name means that the flag
// is not given.
func checkKey(column string, columns []string) error {
	if column == "" || slices.Contains(columns, column) {
		return nil
	}
	hint := ""
	if near := nearest.To(column, columns); near != "" {
		hint = "did you mean " + near + "? "
	}
	return errors.New(record.Printable(fmt.Sprintf("--row-key: there is no column %s; %sthere are %s", column, hint, strings.Join(columns, ", "))))
}

// secretsIn returns the secrets of the command line, as known once the list is open.
func (j *job) secretsIn() spec.Secrets {
	return spec.Secrets{Rules: j.flags.Secrets(), Variables: slices.Concat(j.list.Columns(), j.flags.SecretEnv)}
}

// baselineSample returns how many requests --baseline sends one at a time; 0 means all.
func baselineSample(f *spec.Spec) (int64, error) {
	if f.Baseline == "" || f.Baseline == spec.BaselineAll {
		return 0, nil
	}
	n, err := strconv.ParseInt(f.Baseline, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--baseline=%s: write --baseline, or --baseline=20 for the first 20", f.Baseline)
	}
	return n, nil
}

// checkBaseline refuses a baseline if sending requests twice could change something on the server, or if the
// list cannot be read twice.
func (j *job) checkBaseline(ctx context.Context) error {
	if j.flags.Baseline == "" {
		return nil
	}
	if j.flags.Every > 0 {
		return errors.New("--baseline and --every: rounds have their own times, so there is nothing to compare; choose one")
	}
	if _, known := j.list.Total(); !known {
		return errors.New("--baseline reads the list twice, so it is refused for standard input and pipes; save it to a file")
	}
	for req, err := range firstOf(j.list.Requests(ctx), j.sample) {
		if err != nil {
			return err
		}
		switch req.Method {
		case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			return fmt.Errorf("--baseline sends the list twice, so it is refused for %s (request %d)", req.Method, req.Seq)
		}
	}
	return nil
}

// measureBaseline sends the list, or its first part, one request at a time, and returns how long that took; 0
// without --baseline.
func (j *job) measureBaseline(ctx context.Context) (time.Duration, error) {
	if j.flags.Baseline == "" {
		return 0, nil
	}
	one := j.flags.Engine()
	one.Workers, one.Limits = 1, j.engine.Limits
	one.Transport, one.PrivateBody = j.network.Transport, j.engine.PrivateBody
	j.current.Store(one)
	defer j.current.Store(j.engine)
	defer j.network.Transport.CloseIdleConnections() // so that the run has to connect again
	start := time.Now()
	for _, err := range one.Run(ctx, firstOf(j.requests(ctx), j.sample)) {
		if err != nil {
			return 0, fmt.Errorf("--baseline: %w", err)
		}
	}
	return time.Since(start), nil
}

// firstOf yields the first n elements of a sequence; all of them if n is 0.
func firstOf(reqs iter.Seq2[*fetcher.Request, error], n int64) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		var given int64
		for req, err := range reqs {
			given++
			if !yield(req, err) || given == n {
				return
			}
		}
	}
}
