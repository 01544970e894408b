// Package exec pipes the bodies of responses through a program, several at a time, while further responses are
// fetched: a stage over the sequence of results, with its own pool of processes.
package exec

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/jsonx"
)

// DefaultMaxOutput limits the output of a program if Pool.MaxOutput is 0.
const DefaultMaxOutput = 16 << 20

// waitingPerJob is how many results may be held for each process that may run: those that wait for one, those that
// have one, and those that wait to be consumed.
const waitingPerJob = 5

// Pool runs Command for each body. Set the fields before Run and do not change them after; Run may then be called any
// number of times.
type Pool struct {
	Command   string        // for sh -c (on Windows cmd /c), unchanged
	Jobs      int           // processes at once; 0 means GOMAXPROCS
	Timeout   time.Duration // for each process; 0 means none
	MaxOutput int64         // bytes that a process may print; 0 means DefaultMaxOutput

	// Env returns variables for one result, as NAME=value, in addition to our own environment; nil adds none. It is
	// called concurrently.
	Env func(*fetcher.Result) []string
	// Input returns the input of a program for one result, if that is not the unchanged file with its body; nil: it
	// always is. It is called concurrently, and until the program has ended nothing else uses the result.
	Input func(r *fetcher.Result, body *os.File) (io.Reader, error)
	// Without names the variables of our environment that are withheld from the processes, because they contain
	// secrets.
	Without []string

	// Cancel ends the run that the results come from; nil means that this is impossible. It is called when the
	// consumer breaks out of the loop: the next result may take long, and the goroutine that ranges over the
	// sequence must be joined.
	Cancel func()
}

// Run is a stage over a sequence of results: for each success with a body, the program runs with the body as its
// standard input, and its output is passed to done. Body returns the file of a result's body, or false. Results
// that failed, or that have no body, pass unchanged.
//
// The sequence is ranged over in a goroutine of its own, but at most five results for each of Jobs are held. The
// results come in the order in which they become ready, or with ordered in that of the sequence. Body is called on
// that goroutine; done and the loop body on the one that ranges over the result of Run. An error of the sequence
// comes last, unchanged.
//
// The error passed to done is nil or a *fetcher.Error: of KindExpect if the program failed, took too long or
// printed too much; of KindWrite if the body could not be read again; and when ctx ended, of the kind of its cause
// (otherwise KindCanceled). The output is nil then. Done sets Value or Err of the result.
//
// When ctx ends, processes are asked to terminate, with all that they have started, and killed after a second.
// Breaking out of the loop does the same, calls Cancel, and joins every goroutine.
func (p *Pool) Run(ctx context.Context, results iter.Seq2[*fetcher.Result, error], ordered bool,
	body func(*fetcher.Result) (path string, ok bool), done func(r *fetcher.Result, output []byte, err error)) iter.Seq2[*fetcher.Result, error] {
	return func(yield func(*fetcher.Result, error) bool) {
		jobs := p.Jobs
		if jobs <= 0 {
			jobs = runtime.GOMAXPROCS(0)
		}
		ctx, cancel := context.WithCancelCause(ctx)
		held := jobs * waitingPerJob
		s := &stage{
			pool: p, ctx: ctx, environment: p.inherited(), ordered: ordered,
			held: make(chan struct{}, held), work: make(chan *item, held), out: make(chan *item, held),
			broken: make(chan struct{}),
		}
		finished := false
		defer func() {
			cancel(errBroken)
			close(s.broken)
			if !finished && p.Cancel != nil {
				p.Cancel()
			}
			s.reader.Wait()
		}()
		for range jobs {
			s.workers.Go(s.runPrograms)
		}
		s.reader.Go(func() { s.readFrom(results, body) })
		for it := range s.out {
			<-it.ready
			if it.run {
				done(it.result, it.output, it.err)
			}
			if !yield(it.result, nil) {
				return
			}
			<-s.held
		}
		finished = true
		if s.err != nil {
			yield(nil, s.err)
		}
	}
}

// errBroken is the cause for what ends because the consumer has broken out of the loop.
var errBroken = errors.New("no more results are wanted")

// item is one result in progress.
type item struct {
	result *fetcher.Result
	run    bool   // there is a program to run for it
	path   string // of its body
	output []byte
	err    error
	ready  chan struct{} // closed when output and err are set
}

// stage is what the goroutines of one Run share.
type stage struct {
	pool        *Pool
	ctx         context.Context
	environment []string // common to all processes
	ordered     bool

	reader, workers sync.WaitGroup // the reader joins the workers
	broken          chan struct{}  // closed when the consumer has left

	held chan struct{} // holds an element for each item in progress, so that work and out always have room
	work chan *item    // items that wait for a process
	out  chan *item    // items for the consumer: from the start if ordered, otherwise when they are ready
	err  error         // of the sequence; set before out is closed
}

// readFrom ranges over the results, and is the last goroutine to end.
func (s *stage) readFrom(results iter.Seq2[*fetcher.Result, error], body func(*fetcher.Result) (string, bool)) {
	defer func() {
		close(s.work)
		s.workers.Wait()
		close(s.out)
	}()
	for r, err := range results {
		if err != nil {
			s.err = err
			return
		}
		select {
		case s.held <- struct{}{}:
		case <-s.broken:
			return
		}
		it := &item{result: r, ready: make(chan struct{})}
		if r.Err == nil {
			it.path, it.run = body(r)
		}
		if s.ordered || !it.run {
			s.out <- it
		}
		if it.run {
			s.work <- it
		} else {
			close(it.ready)
		}
	}
}

// runPrograms is one worker: it runs one process after the other.
func (s *stage) runPrograms() {
	for it := range s.work {
		it.output, it.err = s.runProgram(it)
		close(it.ready)
		if !s.ordered {
			s.out <- it
		}
	}
}

const (
	// grace is how long a process that was asked to terminate has before it is killed, and how long to wait for
	// output that an ended process has left to its children.
	grace = time.Second
	// keptErrors is how much of the end of a process's standard error is kept.
	keptErrors = 1000
	// maxMessage is how much of that a message repeats.
	maxMessage = 200
)

var errLeftBehind = errors.New("it has ended, but something that it started still holds its output; send that output elsewhere, such as >/dev/null")

// runProgram runs the program for one item, from start to end.
func (s *stage) runProgram(it *item) ([]byte, error) {
	if s.ctx.Err() != nil {
		return nil, s.ended()
	}
	var body *os.File
	err := s.whenFilesAreFree(func() (err error) { body, err = os.Open(it.path); return err })
	if err != nil {
		return nil, unreadable(file.Reason(err)) // the path is internal, and meaningless to users
	}
	defer body.Close()
	var input io.Reader = body // a file, so that no goroutine copies, and a program need not read all of it
	if s.pool.Input != nil {
		if input, err = s.pool.Input(it.result, body); err != nil {
			return nil, unreadable(err)
		}
	}

	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	if limit := s.pool.Timeout; limit > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, limit, fmt.Errorf("the program took longer than %v (--exec-timeout)", limit))
		defer stop()
	}
	output := &limited{max: cmp.Or(s.pool.MaxOutput, DefaultMaxOutput), cancel: cancel}
	var complaints tail
	environment, err := s.variables(it.result)
	if err != nil {
		return nil, &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
	}
	var cmd *exec.Cmd
	err = s.whenFilesAreFree(func() error {
		cmd = shell(ctx, s.pool.Command)
		cmd.Cancel = func() error {
			terminate(cmd)
			return nil
		}
		cmd.Env, cmd.WaitDelay = environment, grace
		cmd.Stdin, cmd.Stdout, cmd.Stderr = input, output, &complaints
		return cmd.Start()
	})
	if err != nil {
		err = fmt.Errorf("the program cannot be started: %w", err)
	} else if err = cmd.Wait(); err != nil && ctx.Err() != nil || errors.Is(err, exec.ErrWaitDelay) {
		kill(cmd) // including the rest of its group
	}
	switch exit, _ := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return output.bytes, nil
	case s.ctx.Err() != nil:
		return nil, s.ended()
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case exit != nil:
		err = failed(exit.ProcessState, &complaints)
	case errors.Is(err, exec.ErrWaitDelay):
		err = errLeftBehind
	}
	return nil, &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
}

// whenFilesAreFree retries for ten seconds what may temporarily find no free file descriptor.
func (s *stage) whenFilesAreFree(try func() error) (err error) {
	for range 200 {
		if err = try(); !file.IsOutOfFiles(err) {
			return err
		}
		select {
		case <-s.ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
	return err
}

func unreadable(err error) error {
	return &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("the kept body cannot be read again: %w", err)}
}

// ended returns the error of a result whose program was not run, or did not finish.
func (s *stage) ended() error {
	return &fetcher.Error{Kind: fetcher.KindOfCause(context.Cause(s.ctx)), Err: errors.New("before the program had read the body")}
}

// failed describes how a process ended, with its last message.
func failed(state *os.ProcessState, complaints *tail) error {
	problem := state.String() // "exit status 3", "signal: killed"
	if last := complaints.lastLine(); last != "" {
		problem += ": " + last
	}
	return errors.New(problem)
}

// inherited returns our own environment without withheld variables.
func (p *Pool) inherited() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(p.Without, func(secret string) bool { return sameVariable(name, secret) })
	})
}

// variables returns the environment of the process for one result.
func (s *stage) variables(r *fetcher.Result) ([]string, error) {
	if s.pool.Env == nil {
		return s.environment, nil
	}
	own := s.pool.Env(r)
	for _, variable := range own {
		if strings.Contains(variable, "\x00") {
			name, _, _ := strings.Cut(variable, "=")
			return nil, fmt.Errorf("%s would contain a zero byte, which is not allowed in environment variables", name)
		}
	}
	return slices.Concat(s.environment, own), nil
}

// limited collects the output of a process, up to a limit.
type limited struct {
	bytes  []byte
	max    int64
	cancel context.CancelCauseFunc // ends a process that prints more
}

func (l *limited) Write(p []byte) (int, error) {
	if int64(len(l.bytes))+int64(len(p)) > l.max {
		err := fmt.Errorf("the program printed more than %d bytes", l.max)
		l.cancel(err)
		return 0, err
	}
	l.bytes = append(l.bytes, p...)
	return len(p), nil
}

// tail keeps the end of what is written to it.
type tail struct {
	bytes []byte
	cut   bool // something before it was dropped
}

func (t *tail) Write(p []byte) (int, error) {
	t.bytes = append(t.bytes, p...)
	if extra := len(t.bytes) - keptErrors; extra > 0 {
		t.cut = true
		t.bytes = append(t.bytes[:0], t.bytes[extra:]...)
	}
	return len(p), nil
}

// lastLine returns the last line that is not blank, shortened.
func (t *tail) lastLine() string {
	text := strings.TrimRightFunc(string(t.bytes), unicode.IsSpace)
	end := strings.LastIndexByte(text, '\n')
	line := strings.ToValidUTF8(strings.TrimSpace(text[end+1:]), "\uFFFD")
	if end < 0 && t.cut && line != "" {
		line = "…" + line
	}
	if len(line) > maxMessage {
		line = strings.ToValidUTF8(line[:maxMessage], "") + "…"
	}
	return line
}

// Value converts the output of a program to a value: without the newline at its end, and parsed if it is JSON;
// otherwise as a string, with U+FFFD for bytes that are not UTF-8. It shares no memory with output. Whole reports
// whether there were no such bytes.
func Value(output []byte) (value json.RawMessage, whole bool) {
	text := bytes.TrimSuffix(output, []byte("\n"))
	if len(text) < len(output) {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	if whole = utf8.Valid(text); !whole {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	if jsonx.Valid(text) {
		return jsonx.Compact(text), whole
	}
	value, _ = jsontext.AppendQuote(nil, text) // all of it is UTF-8
	return value, whole
}
