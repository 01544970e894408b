package file

import (
	"cmp"
	"errors"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"example.com/fetch/internal/filename"
)

// Saver saves data as files of a folder, each of which appears whole. Of equal names, which those are that differ in case only,
// the second gets -2 before its extension; what was there before is replaced. It remembers a name in some 20 bytes. It is safe
// for concurrent use.
type Saver struct {
	Dir string // is made when it is needed

	mu   sync.Mutex
	seed maphash.Seed
	used map[uint64]int // how often each name was asked for, by its hash
}

// Save saves what it reads under a name made safe, whose extension is that of a media type if it has no usual one. The
// error is unread if from failed, and unwritten if the folder did.
func (s *Saver) Save(name, mediaType string, from io.Reader) (path string, unread, unwritten error) {
	if err := os.MkdirAll(s.Dir, 0o777); err != nil {
		return "", nil, err
	}
	f, err := s.create()
	if err != nil {
		return "", nil, err
	}
	source := &source{Reader: from}
	_, err = io.Copy(f, source)
	if closed := f.Close(); source.err == nil && err == nil && closed == nil {
		path = filepath.Join(s.Dir, s.claim(name, mediaType))
		err = os.Rename(f.Name(), path)
	} else {
		err = cmp.Or(err, closed)
	}
	switch {
	case source.err != nil:
		return "", source.err, discard(f, nil)
	case err != nil:
		return "", nil, discard(f, err)
	}
	return path, nil, nil
}

// discard removes a file that is not whole.
func discard(f *os.File, why error) error { return errors.Join(why, os.Remove(f.Name())) }

// create makes a file of a name that nothing else has. It has the mode that the umask leaves.
func (s *Saver) create() (f *os.File, err error) {
	for range 100 {
		n := new(maphash.Hash).Sum64() // random
		f, err = os.OpenFile(filepath.Join(s.Dir, ".fetch-"+strconv.FormatUint(n, 36)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			break
		}
	}
	return f, err
}

// claim gives a name that no file of this Saver has.
func (s *Saver) claim(name, mediaType string) string {
	const longest = 160
	name = filename.Safe(name, longest)
	stem, tail := name, filename.OfType(mediaType)
	if filename.UsualExtension(name) != "" {
		stem, tail = filename.SplitExtension(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.seed, s.used = maphash.MakeSeed(), make(map[uint64]int)
	}
	key := func(name string) uint64 { return maphash.String(s.seed, strings.ToLower(name)) }
	wished := key(stem + tail)
	for got := stem; ; got = stem + "-" + strconv.Itoa(s.used[wished]) {
		at := key(got + tail)
		free := s.used[at] == 0
		s.used[wished]++
		if free {
			if at != wished {
				s.used[at]++
			}
			return got + tail
		}
	}
}

// source keeps its error apart from those of what is written to.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
