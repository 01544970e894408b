package threshold

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// kind is what the values of a metric are.
type kind uint8

const (
	duration kind = iota
	quantity      // a number, or a share in percent
	number
	rate
)

// limit reads the value of a threshold, in the unit that Threshold.limit has. Its errors begin with what the value is.
func (k kind) limit(text string) (limit float64, share bool, err error) {
	ok := false
	switch k {
	case duration:
		limit, ok = microseconds(text)
		err = errors.New("a time; write one such as 250ms or 1.5s, a bare number means seconds")
	case rate:
		limit, ok = perSecond(text)
		err = errors.New("a rate; write one such as 900/s or 54000/m")
	case number:
		limit, ok = decimal(text)
		err = errors.New("a number; write one such as 1000")
	case quantity:
		var digits string
		digits, share = strings.CutSuffix(text, "%")
		limit, ok = decimal(strings.TrimSpace(digits))
		err = errors.New("a share or a number; write one such as 99.9% or 1000")
	}
	if ok {
		err = nil
	}
	return limit, share, err
}

// microseconds reads a time of 0 or more in Go's syntax, or a bare number of seconds.
func microseconds(text string) (float64, bool) {
	if f, ok := decimal(text); ok {
		return f * 1e6, f <= math.MaxInt32
	}
	d, err := time.ParseDuration(text)
	return float64(d) / 1e3, err == nil && d >= 0
}

// perSecond reads a rate such as 900/s, 54000/m or 20/10s.
func perSecond(text string) (float64, bool) {
	events, per, found := strings.Cut(text, "/")
	n, ok := decimal(strings.TrimSpace(events))
	per = strings.TrimSpace(per)
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	d, err := time.ParseDuration(per)
	return n / d.Seconds(), found && ok && err == nil && d > 0
}

// decimal reads a number of 0 or more.
func decimal(text string) (float64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f >= 0 && !math.IsInf(f, 0)
}
