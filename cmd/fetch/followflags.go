package main

import (
	"errors"
)

// followFlags say what further pages an answer leads to.
type followFlags struct {
	links    bool
	next     string
	maxPages int
	wait     seconds
}

func (f *followFlags) check() error {
	switch {
	case f.links && f.next != "":
		return errors.New("--follow-pages and --next both say what comes next: choose one")
	case f.maxPages < 1:
		return errors.New("--max-pages: write a number from 1")
	case f.wait > 0 && !f.follows():
		return errors.New("--next-wait is for --next and --follow-pages: give one of them")
	}
	return nil
}

func (f *followFlags) follows() bool { return f.links || f.next != "" }
