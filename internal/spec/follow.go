package spec

import (
	"errors"

	"example.com/fetch/internal/cli/value"
)

// Follow say what further pages an answer leads to.
type Follow struct {
	FollowPages bool
	Next        string
	MaxPages    int
	NextWait    value.Seconds
}

func (f *Follow) check() error {
	switch {
	case f.FollowPages && f.Next != "":
		return errors.New("--follow-pages and --next both say what comes next: choose one")
	case f.MaxPages < 1:
		return errors.New("--max-pages: write a number from 1")
	case f.NextWait > 0 && !f.Follows():
		return errors.New("--next-wait is for --next and --follow-pages: give one of them")
	}
	return nil
}

func (f *Follow) Follows() bool { return f.FollowPages || f.Next != "" }
