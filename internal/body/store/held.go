package store

import (
	"path/filepath"
	"strings"

	"example.com/fetch/fetcher"
)

// Skip is Reserve for a request that will not be sent, since an earlier leg has done it: those after it get the names that
// they would have got. Nothing is kept of it.
func (s *Sink) Skip(req *fetcher.Request) { s.Settle(req) }

// Hold says that a name, as Commit gave it, is that of a file of another record, so that nobody gets it. It is for a list
// that has changed, and to be called before the first Reserve; the requests whose files are held are then not to be
// skipped. A name outside of the folder is no one's concern. It takes 11 to 21 bytes.
func (s *Sink) Hold(name string) {
	if folder, file, ok := s.inside(name); ok {
		s.Names.mu.Lock()
		defer s.Names.mu.Unlock()
		stem, tail := splitExtension(file)
		s.claims.take(wish{folder, stem, tail})
	}
}

// Guard says that a file must not be written over by another request, not even with Options.Overwrite; Options.Mine comes
// before it. It is for the files of records that stand where the list is the same, so that their names are settled by
// Skip: one that had its name taken by something that cannot be replaced has another. It takes 11 to 21 bytes; without
// Overwrite it need not be called.
func (s *Sink) Guard(name string) {
	if folder, file, ok := s.inside(name); ok {
		s.Names.mu.Lock()
		defer s.Names.mu.Unlock()
		s.guarded.add(hashOfPath(folder, file))
	}
}

// inside divides a name as Commit gives it; ok is false if it is not below the root.
func (s *Sink) inside(name string) (folder, file string, ok bool) {
	rest, ok := strings.CutPrefix(name, s.prefix)
	if !ok || !filepath.IsLocal(rest) {
		return "", "", false
	}
	rest = filepath.ToSlash(rest)
	if i := strings.LastIndexByte(rest, '/'); i >= 0 {
		return rest[:i], rest[i+1:], true
	}
	return "", rest, true
}

// isGuarded reports whether Guard was called for a name.
func (n *Names) isGuarded(folder, file string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.guarded.has(hashOfPath(folder, file))
}

// hashOfPath is the hash of a name without an open extension, as of a wish.
func hashOfPath(folder, file string) uint64 {
	return hashFolded(hashFolded(hashStart, folder)*hashPrime, file)
}
