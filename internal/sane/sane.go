// Package sane gathers what makes no sense in settings, so that all of it is told at once, each with the name of its field.
package sane

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Longest is how long a time may be: 73 years, so that sums do not overflow.
const Longest time.Duration = math.MaxInt64 / 4

// Most is how many of something there may be: so few that sums are no problem where an int has 32 bits.
const Most = 1_000_000_000

// Report is what makes no sense. The zero Report is empty.
type Report []error

// Err is all of it in one error; nil if there is nothing.
func (r Report) Err() error { return errors.Join(r...) }

// Add says what a field is and what it is to be.
func (r *Report) Add(field string, is any, want string) { r.Addf("%s is %v: %s", field, is, want) }

// Addf is Add in words.
func (r *Report) Addf(format string, args ...any) { *r = append(*r, fmt.Errorf(format, args...)) }

// Count checks a number that may be no less than least.
func (r *Report) Count(field string, n, least int64) {
	if n < least || n > Most {
		r.Add(field, n, fmt.Sprintf("from %d to %d", least, Most))
	}
}

// Time checks a time of 0 or more, or of what has the given name; an empty name is that of nothing.
func (r *Report) Time(field string, d, named time.Duration, name string) {
	switch {
	case d > Longest:
		r.Add(field, d, "73 years at most")
	case d < 0 && (name == "" || d != named):
		want := "0 or more"
		if name != "" {
			want += ", or " + name
		}
		r.Add(field, d, want)
	}
}
