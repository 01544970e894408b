package main

import (
	"errors"
	"time"

	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body"
	"example.com/fetch/internal/follow"
)

// followFlags say what further pages an answer leads to.
type followFlags struct {
	links    bool
	next     string
	maxPages int
	wait     seconds
}

func (f *followFlags) define() *pflag.FlagSet {
	pages := pflag.NewFlagSet("", pflag.ContinueOnError)
	pages.BoolVar(&f.links, "follow-pages", false, "fetch what Link: rel=next names, too")
	pages.StringVar(&f.next, "next", "", "`JQ` expression that gives the next page's URL; null or nothing is the end")
	pages.IntVar(&f.maxPages, "max-pages", follow.DefaultMaxPages, "`N` pages of one request at most")
	pages.Var(&f.wait, "next-wait", "wait before each further page, which may then be the same again: polling")
	return pages
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

// follower is what asks for further pages; nil without these flags. Apply adds what belongs to a page's host.
func (f *followFlags) follower(apply func(*fetcher.Request)) *follow.Follower {
	if !f.follows() {
		return nil
	}
	return &follow.Follower{
		Links: f.links, MaxPages: f.maxPages, Wait: time.Duration(f.wait), Apply: apply,
		Next: func(r *fetcher.Result) string {
			if kept := body.Of(r); kept != nil {
				return kept.Next
			}
			return ""
		},
	}
}
