// Package exec pipes the bodies of answers through a program, some at a time, while further answers are fetched: a
// stage over the sequence of results, with a pool of processes of its own.
package exec

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"runtime"
	"sync"
	"time"

	"example.com/fetch/fetcher"
)

// DefaultMaxOutput is how much a program may print where Pool.MaxOutput is 0.
const DefaultMaxOutput = 16 << 20

// waitingPerJob is how many results may be held for each process that may run: those that wait for one, those that have
// one, and those that wait to be taken.
const waitingPerJob = 5

// Pool runs Command for each body. Set the fields before Run and do not change them after; Run may then be called any
// number of times.
type Pool struct {
	Command   string        // for sh -c (on Windows cmd /c); nothing is put into it
	Jobs      int           // processes at once; 0 means GOMAXPROCS
	Timeout   time.Duration // for each process; 0 means none
	MaxOutput int64         // bytes that a process may print; 0 means DefaultMaxOutput, and less than 0 means no limit

	// Env gives variables for one result, as NAME=value, beside our own environment; nil gives none. It is called on
	// several goroutines at once.
	Env func(*fetcher.Result) []string
	// Input gives what a program reads for one result, if that is not the file with its body as it stands; nil: it always is. It
	// is called on several goroutines at once, and until the program has ended nobody else touches the result.
	Input func(r *fetcher.Result, body *os.File) (io.Reader, error)
	// Without names the variables of our environment that the processes do not get, since they hold secrets.
	Without []string

	// Cancel ends the run that the results come from; nil means that nothing can. It is called when the consumer breaks
	// out of the loop: the next result may be long in coming, and the sequence is ranged on a goroutine that must be
	// joined.
	Cancel func()
}

// Run is a stage over a sequence of results: for each that succeeded and has a body, the program runs with the body as
// its standard input, and what it printed is given to done. body gives the file that a result's body is in, or false.
// Results that failed, or that have no body, pass as they are.
//
// The sequence is ranged on a goroutine of its own, but at most five results for each of Jobs are held. What comes out is
// in the order in which it gets ready, or with ordered in that of the sequence. body is called on that goroutine; done,
// and the loop, on the one that ranges the result of Run. The error of the sequence comes last, as it came.
//
// The error that done gets is nil or a *fetcher.Error: of KindExpect if the program failed, took too long or printed too
// much; of KindWrite if the body could not be read again; and when ctx ended, of the kind that its cause says (else
// KindCanceled). The output is nil then. Done says what becomes of the result: it sets Value or Err.
//
// When ctx ends, processes are asked to end, with all that they have started, and after a second killed. Breaking out of
// the loop does that, too, calls Cancel, and joins every goroutine.
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

// errBroken is the cause of what ends because the consumer has broken out of the loop.
var errBroken = errors.New("no more results are wanted")

// item is one result on its way.
type item struct {
	result *fetcher.Result
	run    bool   // there is a program to run for it
	path   string // of its body
	output []byte
	err    error
	ready  chan struct{} // closed when output and err are there
}

// stage is what the goroutines of one Run share.
type stage struct {
	pool        *Pool
	ctx         context.Context
	environment []string // what every process gets
	ordered     bool

	reader, workers sync.WaitGroup // the reader joins the workers
	broken          chan struct{}  // closed when nobody takes results any more

	held chan struct{} // has one for each item on its way, so that work and out always have room
	work chan *item    // items that wait for a process
	out  chan *item    // items for the consumer: from the start if ordered, else when they are ready
	err  error         // of the sequence; set before out is closed
}

// readFrom ranges the results, and is the last to go.
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
