package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kept are the entries as a journal has them, those that hold a secret without their values, and whether there are any of these.
func (f *File) Kept(isSecret func(field string) bool) (kept []Entry, left bool) {
	kept = slices.Clone(f.Entries)
	for i := range kept {
		if e := &kept[i]; e.isField() && isSecret(e.Key[3]) {
			e.Values, e.Secret, left = nil, true, true
		}
	}
	return kept, left
}

// isField reports whether the entry is a header field of a host.
func (e *Entry) isField() bool {
	return len(e.Key) == 4 && e.Key[0] == "hosts" && e.Key[2] == "headers"
}

// WithSecrets is a file as it was kept, with the values that were left out as the file has them now. It has to have all of them: a
// request without one of its credentials is another request.
func (f *File) WithSecrets(now *File) (*File, error) {
	if len(f.left) == 0 {
		return nil, errors.New("the journal does not say which secrets it needs of a file of policies; name one with --policy FILE")
	}
	entries := slices.Clone(f.Entries)
	for _, e := range f.left {
		i := slices.IndexFunc(now.Entries, func(other Entry) bool { return other.isField() && sameField(&e, &other) })
		if i < 0 {
			return nil, fmt.Errorf("%s no longer has the header %s of %s, which the run needs; name a file that has it with --policy FILE",
				f.Path, e.Key[3], e.Key[1])
		}
		e.Secret, e.Values, e.Line = false, now.Entries[i].Values, now.Entries[i].Line
		entries = append(entries, e)
	}
	return OfEntries(f.Path, entries)
}

// sameField reports whether two entries are the same header field of the same host.
func sameField(a, b *Entry) bool {
	hostA, errA := parsePattern(a.Key[1])
	hostB, errB := parsePattern(b.Key[1])
	return errA == nil && errB == nil && hostA == hostB && strings.EqualFold(a.Key[3], b.Key[3])
}
