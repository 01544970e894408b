package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body"
	"example.com/fetch/internal/body/excerpt"
	"example.com/fetch/internal/body/exec"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/body/room"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/body/sync"
	"example.com/fetch/internal/charset"
	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/exit"
	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/spec"
)

// bodies says what happens to the response bodies of a run: counted, saved to files, reduced to values,
// printed, or piped to programs.
type bodies struct {
	keeper   *body.Keeper // nil: bodies are counted only
	files    *store.Sink  // nil: no files
	spool    *body.Spool  // nil: no body is spooled
	programs *exec.Pool   // nil: no programs
	print    io.Writer    // nil: bodies are not printed
}

// newBodies prepares what the flags ask for. Columns are those of the rows. Nothing is written yet; only
// folders are created.
func (j *job) newBodies(ctx context.Context, columns []string) (err error) {
	b, f := &bodies{}, j.flags
	j.bodies = b
	j.opened(b.Close)
	if f.ToFolder() {
		if b.files, err = store.New(j.naming(columns)); errors.Is(err, store.ErrTemplate) {
			return exit.Usage(fmt.Errorf("-o: %w", err))
		} else if err != nil {
			return fmt.Errorf("-o: %w", err)
		}
	}
	if f.Output == spec.ToStdout {
		b.print = j.stdout()
	}
	if b.print != nil || f.Exec != "" && b.files == nil {
		if b.spool, err = body.NewSpool(f.Exec != ""); err != nil {
			return err
		}
	}
	if f.Exec != "" {
		b.programs = &exec.Pool{
			Input: b.input, Command: f.Exec, Jobs: f.ExecJobs, Timeout: time.Duration(f.ExecTimeout), Without: f.SecretVariables(),
			Env: func(r *fetcher.Result) []string {
				url := secret.Of(r.Request).StrippedURL()
				return []string{"FETCH_NAME=" + r.Request.Name, "FETCH_URL=" + url, "FETCH_SEQ=" + strconv.FormatInt(r.Seq, 10)}
			},
		}
	}
	if b.files != nil || b.spool != nil || f.SHA256 || len(f.MissingOK.Pairs) > 0 || f.TakesValues() {
		b.keeper = &body.Keeper{Files: b.files, Spool: b.spool, Extract: j.extractor, SHA256: f.SHA256, Waits: f.NextWait > 0, Room: j.room()}
		if len(f.MissingOK.Pairs) > 0 {
			b.keeper.Missing = f.MissingOK.Has
		}
	}
	return b.takeUp(ctx, j.part, f.Overwrite)
}

// room returns the memory budget for bodies that values are extracted from; nil: no limit.
func (j *job) room() *room.Room {
	if !j.flags.TakesValues() {
		return nil
	}
	r := room.New(j.flags.Memory())
	j.opened(r.Limit())
	return r
}

// naming returns how files are named, in agreement with the journal.
func (j *job) naming(columns []string) store.Options {
	f := j.flags
	o := store.Options{
		Output: f.Output, Columns: columns, Sync: f.Fsync != "", Overwrite: f.Overwrite, Secret: f.Secrets().Column, Pages: f.Follows(),
	}
	if l := j.part; l != nil {
		o.Run, o.Proof = l.line.ID, true
		if l.past != nil {
			o.Mine = func(seq int64, name string) bool { return slices.Contains(l.past.Files(seq), name) }
		}
	}
	return o
}

// takeUp reconciles the files of earlier parts of the run with the journal: leftovers are removed, and the
// names of finished files are reserved.
func (b *bodies) takeUp(ctx context.Context, l *part, overwrite bool) error {
	if b.files == nil || l == nil || l.past == nil {
		return nil
	}
	if err := b.files.Clean(ctx, l.past.Stands); err != nil {
		return err
	}
	keep := b.files.Guard
	switch {
	case l.past.ByID():
		keep = b.files.Hold
	case !overwrite:
		return nil // existing files are never replaced
	}
	for r, err := range l.before.Records(ctx) {
		if err != nil {
			return err
		}
		if r.File != "" && l.past.Stands(r.Seq) {
			keep(r.File)
		}
	}
	return nil
}

// skipped returns what is done with a request that an earlier part of the run has completed and that is not
// sent again: it reserves the names of its files. After a change of the list they are reserved by takeUp
// instead.
func (b *bodies) skipped(l *part) func(*fetcher.Request) {
	if b.files == nil || l.past.ByID() {
		return func(*fetcher.Request) {}
	}
	return func(req *fetcher.Request) {
		if req.Err == nil { // a request that cannot be sent has no file name
			b.files.Settle(req)
		}
	}
}

// openBodies decides what happens to bodies.
func (j *job) openBodies(ctx context.Context) error {
	columns := j.inRounds(j.list.Columns())
	if j.flags.OwnReport {
		j.bodies = &bodies{}
		return j.openFolder(columns)
	}
	return j.newBodies(ctx, columns)
}

// selectedBy returns the columns that e selects, as far as the expression names them.
func selectedBy(e extract.Extractor) []string {
	if e.Select == nil {
		return nil
	}
	columns, _ := e.Select.Columns()
	return columns
}

// handlers returns the engine's handlers for bodies of accepted and of other responses; nil: the engine counts them.
func (b *bodies) handlers() (accepted, others fetcher.Handler) {
	if b.keeper == nil {
		return nil, excerpt.Handle
	}
	return b.keeper.Handle, b.keeper.Handle
}

// reserved reserves file names in the order of the list.
func (b *bodies) reserved(reqs iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	if b.files == nil {
		return reqs
	}
	return lists.WhenRead(reqs, b.files.Reserve)
}

// filtered pipes the bodies of the results through programs, if --exec or --filter asks for that.
func (b *bodies) filtered(ctx context.Context, cancel context.CancelCauseFunc, results iter.Seq2[*fetcher.Result, error],
	ordered bool) iter.Seq2[*fetcher.Result, error] {
	if b.programs == nil {
		return results
	}
	path := func(r *fetcher.Result) (string, bool) {
		kept := body.Of(r)
		switch {
		case r.Err != nil || kept == nil || slices.Contains(r.Notes, record.NoteMissing):
			return "", false
		case kept.Body != nil:
			return kept.Body.Path(), true
		}
		return kept.File, kept.File != ""
	}
	b.programs.Cancel = func() { cancel(context.Canceled) }
	return b.programs.Run(ctx, results, ordered, path, func(r *fetcher.Result, output []byte, err error) {
		if err != nil {
			r.Err = err
			return
		}
		value, whole := exec.Value(output)
		if !whole {
			addNote(r, charset.NoteInvalidBytes)
		}
		kept := body.Of(r)
		kept.Values = append(kept.Values, value)
	})
}

// input returns a body as a program reads it: with the content coding of the file removed, and text as UTF-8.
func (b *bodies) input(r *fetcher.Result, file *os.File) (io.Reader, error) {
	text := new(coding.Pool).Undo(body.Of(r).Codings, file)
	return charset.Reader(r.Header.Get("Content-Type"), text, func(note string) { addNote(r, note) })
}

// addNote adds a note to a result, unless it is there.
func addNote(r *fetcher.Result, note string) {
	if !slices.Contains(r.Notes, note) {
		r.Notes = append(r.Notes, note)
	}
}

// take prints the spooled body, if it is to be printed, and deletes it.
func (b *bodies) take(r *fetcher.Result) error {
	kept := body.Of(r)
	if kept == nil || kept.Body == nil {
		return nil
	}
	defer kept.Body.Remove()
	if b.print == nil || r.Err != nil {
		return nil
	}
	_, err := kept.Body.WriteTo(b.print)
	return err
}

// release forgets the file names of a request.
func (b *bodies) release(r *fetcher.Result) {
	if b.files != nil {
		b.files.Release(r.Seq)
	}
}

// Close removes temporary files.
func (b *bodies) Close() {
	if b.files != nil {
		b.files.Close()
	}
	if b.spool != nil {
		b.spool.Close()
	}
}

// Sync is `fetch sync`: it carries out a list and keeps a folder of its bodies up to date.
func Sync(ctx context.Context, flags *spec.Spec, sources []string, s Streams) error {
	flags.OwnReport = true
	if err := s.ready(flags, cmp.Or(flags.Check(), flags.CheckSync()), sources); err != nil {
		return err
	}
	if known := sync.IdentityOf(flags.Output); known.Key != "" {
		flags.KnownBy(known.Key, known.Credentials)
	}
	return begin(ctx, "sync", flags, sources, s)
}

// syncFolder is the part of a job that keeps a folder up to date.
type syncFolder struct {
	*sync.Mirror
	json bool
	out  io.Writer
}

// openFolder opens the folder of fetch sync.
func (j *job) openFolder(columns []string) error {
	f := j.flags
	names, err := store.NewNames(store.Options{Output: strings.TrimSuffix(f.Output, "/") + "/", Columns: columns, Secret: f.Secrets().Column})
	if err != nil {
		return exit.Usage(fmt.Errorf("-o: %w", err))
	}
	options := sync.Options{
		Dir: f.Output, Names: names, Overwrite: f.Overwrite, Sync: f.Fsync != "", Accept: f.Accepts(),
		Identity: sync.Identity{Key: string(f.Secrets().Key()), Credentials: j.list.Credentials()},
	}
	if f.TakesValues() {
		options.Check = (&body.Keeper{Extract: j.extractor, Room: j.room()}).Check
	}
	mirror, err := sync.Open(options)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	j.folder = &syncFolder{mirror, f.Format == "ndjson", j.stdout()}
	j.opened(func() { mirror.Close() })
	return nil
}

// take prints what changed in a file, if anything did.
func (i *syncFolder) take(r *fetcher.Result) error {
	return i.print(i.Done(r))
}

func (i *syncFolder) print(c sync.Change) error {
	if c.Outcome == sync.Unchanged || c.Outcome == sync.None {
		return nil
	}
	return i.write(&c)
}

// write prints one line.
func (i *syncFolder) write(line interface {
	AppendText([]byte) []byte
	AppendJSON([]byte) []byte
}) error {
	text := line.AppendText
	if i.json {
		text = line.AppendJSON
	}
	_, err := i.out.Write(text(nil))
	return err
}

// finish prints the files that are no longer in the list, and the counts.
func (i *syncFolder) finish(noLines bool) error {
	summary, err := i.Finish()
	if !noLines {
		for c := range i.Unlisted() {
			if err := i.print(c); err != nil {
				return err
			}
		}
	}
	return joinOnce(err, i.write(&summary))
}
