// Package value has the values that flags take: times, rates, sizes, shares, statuses, and those that are given for each host.
// They are read from the command line, written as they were given, and know nothing of flags.
package value

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// PerHost is a flag whose values are meant for every host, or for one: VALUE or HOST=VALUE.
type PerHost[T any] struct {
	Parse func(string) (T, error)
	Kind  string
	Every []T
	Hosts map[web.HostSpec][]T
	texts []string
}

func (p *PerHost[T]) String() string { return strings.Join(p.texts, " ") }
func (p *PerHost[T]) Type() string   { return p.Kind }

// Values are the values as they were given.
func (p *PerHost[T]) Values() []string { return p.texts }

func (p *PerHost[T]) Set(text string) error {
	host, value, named := strings.Cut(text, "=")
	if !named {
		value = text
	}
	v, err := p.Parse(value)
	if err != nil {
		return err
	}
	p.texts = append(p.texts, text)
	if !named {
		p.Every = append(p.Every, v)
		return nil
	}
	spec, err := web.ParseHostSpec(strings.TrimSpace(host))
	if err != nil {
		return fmt.Errorf("%w; write HOST=VALUE, such as example.com=5/s or [::1]:8080=5/s", err)
	}
	if p.Hosts == nil {
		p.Hosts = make(map[web.HostSpec][]T)
	}
	p.Hosts[spec] = append(p.Hosts[spec], v)
	return nil
}

// Of gives the values for a host "name:port", and whether it has ones of its own. A name given without a port matches
// any port.
func (p *PerHost[T]) Of(host string) ([]T, bool) {
	name, port := web.SplitHost(host)
	for _, spec := range []web.HostSpec{{Name: name, Port: port}, {Name: name}} {
		if v, ok := p.Hosts[spec]; ok {
			return v, true
		}
	}
	return p.Every, false
}

// Statuses is a list of statuses such as 200-299,404.
type Statuses struct {
	text  string
	Pairs [][2]int
}

func (r *Statuses) String() string { return r.text }
func (r *Statuses) Type() string   { return "CODES" }

func (r *Statuses) Set(text string) error {
	var pairs [][2]int
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			high = low
			if len(low) == 3 && strings.HasSuffix(strings.ToLower(low), "xx") {
				low, high = low[:1]+"00", low[:1]+"99"
			}
		}
		a, errA := strconv.Atoi(low)
		b, errB := strconv.Atoi(high)
		if errA != nil || errB != nil || a < 100 || b > 999 || a > b {
			return fmt.Errorf("%q: write statuses such as 200-299,404", part)
		}
		pairs = append(pairs, [2]int{a, b})
	}
	r.text, r.Pairs = text, pairs
	return nil
}

// Has reports whether a status is in the list.
func (r *Statuses) Has(status int) bool {
	return slices.ContainsFunc(r.Pairs, func(p [2]int) bool { return p[0] <= status && status <= p[1] })
}

// ParseSlots reads how many requests may be in flight.
func ParseSlots(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("write a number from 1, or HOST=N")
	}
	return n, nil
}

// RetryOn is what --retry-on names: statuses, classes, and "timeout" for all of the time-outs.
type RetryOn struct {
	Text     string
	statuses Statuses
	kinds    []fetcher.Kind
}

func (r *RetryOn) String() string { return r.Text }
func (r *RetryOn) Type() string   { return "LIST" }

func (r *RetryOn) Set(text string) error {
	set, names := RetryOn{Text: text}, []string{}
	for _, kind := range fetcher.Kinds() {
		names = append(names, kind.String())
	}
	names = append(names, "timeout")
	for part := range strings.SplitSeq(text, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		var one Statuses
		if kind, ok := fetcher.ParseKind(part); ok && kind != fetcher.KindNone {
			set.kinds = append(set.kinds, kind)
		} else if part == "timeout" {
			set.kinds = append(set.kinds, slices.DeleteFunc(fetcher.Kinds(), func(k fetcher.Kind) bool { return !k.Timeout() })...)
		} else if one.Set(part) == nil {
			set.statuses.Pairs = append(set.statuses.Pairs, one.Pairs...)
		} else {
			hint := "; write statuses such as 429,5xx, or classes such as timeout,connect"
			if near := nearest.To(part, names); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			return fmt.Errorf("%q is no status, no class and not timeout%s", part, hint)
		}
	}
	*r = set
	return nil
}

// Policy is the engine's question answered by the list; nil, the engine's own table, without one.
func (r *RetryOn) Policy() func(*fetcher.Result) bool {
	if r.Text == "" {
		return nil
	}
	return func(result *fetcher.Result) bool {
		a := &result.Attempts[len(result.Attempts)-1]
		if a.Status != 0 && r.statuses.Has(a.Status) {
			return true
		}
		return a.Err != nil && slices.Contains(r.kinds, a.Err.Kind)
	}
}

// Names reports whether a record failed with something that is in the list.
func (r *RetryOn) Names(failed *record.Record) bool {
	kind, _ := fetcher.ParseKind(failed.Class)
	return r.statuses.Has(failed.Status) || slices.Contains(r.kinds, kind)
}

// ParseRate reads a rate such as 5/s, 300/m or 10/5s. A bare number is that of a second.
func ParseRate(text string) (fetcher.Rate, error) {
	count, per, named := strings.Cut(text, "/")
	if !named {
		per = "s"
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	switch per = strings.TrimSpace(per); per {
	case "s", "m", "h":
		per = "1" + per
	case "d":
		per = "24h"
	}
	d, wrong := time.ParseDuration(per)
	switch {
	case err == nil && per != "" && (!(n > 0) || math.IsInf(n, 0)):
		return fetcher.Rate{}, errors.New("a rate is more than 0")
	case err != nil || wrong != nil || d <= 0:
		return fetcher.Rate{}, errors.New("write a rate such as 5/s, 300/m, 1000/h or 2/10s; a bare number is that of a second")
	}
	return fetcher.Rate{Events: n, Per: d}, nil
}

// ArrivalRate is the flag of how many requests are due in a time.
type ArrivalRate struct {
	Text      string
	PerSecond float64
}

func (r *ArrivalRate) String() string { return r.Text }
func (r *ArrivalRate) Type() string   { return "RATE" }

func (r *ArrivalRate) Set(text string) error {
	rate, err := ParseRate(text)
	if err != nil {
		return err
	}
	r.Text, r.PerSecond = text, rate.PerSecond()
	return nil
}

// Share is a flag's part of a whole: 20% or 0.2, or none for no bound, which is unbounded.
type Share float64

const unbounded Share = -1

func (s *Share) Type() string { return "SHARE" }

func (s *Share) String() string {
	if *s == unbounded {
		return "none"
	}
	return strconv.FormatFloat(float64(*s)*100, 'g', 15, 64) + "%"
}

func (s *Share) Set(text string) error {
	text = strings.TrimSpace(text)
	if text == "none" {
		*s = unbounded
		return nil
	}
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 0) || n > 1 && !percent { // 20 could be either
		return errors.New("write a share such as 20% or 0.2, or none for no bound")
	}
	if percent {
		n /= 100
	}
	*s = Share(n)
	return nil
}

// Budget is the share as fetcher.Retry has it, where 0 means the default.
func (s Share) Budget() float64 {
	if s == 0 {
		return math.SmallestNonzeroFloat64
	}
	return float64(s)
}

// Number is a flag's whole number, which may be written as 1e6. To must not be nil.
type Number[T int | int64] struct{ To *T }

func (n Number[T]) Type() string   { return "int" }
func (n Number[T]) String() string { return strconv.FormatInt(int64(*n.To), 10) }

func (n Number[T]) Set(text string) error {
	number, err := ParseNumber(text)
	if err == nil {
		*n.To = T(number)
	}
	return err
}

// ParseNumber reads a whole number, such as 1000 or 1e3.
func ParseNumber(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 0, strconv.IntSize); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, errors.New("write a number")
	}
	return int64(f), nil
}

// Size is a flag's number of bytes: 1000, 500k, 64MiB.
type Size struct {
	text  string
	Bytes int64
	Given bool
}

func (s *Size) String() string { return s.text }
func (s *Size) Type() string   { return "SIZE" }

func (s *Size) Set(text string) error {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := sizeUnits[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || !(n >= 0) || n*unit >= math.MaxInt64 {
		return errors.New("write a number of bytes, such as 1000000, 500k or 64MiB")
	}
	*s = Size{text, int64(n * unit), true}
	return nil
}

// sizeUnits are the units of sizes: those with an i in them are powers of 1024 (IEC 80000-13).
var sizeUnits = map[string]float64{
	"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30, "ti": 1 << 40, "tib": 1 << 40,
}

// Seconds is a flag's duration: Go's syntax, or a bare number of seconds.
type Seconds time.Duration

func (s *Seconds) Type() string { return "TIME" }

// String is the duration without parts that are 0: 1m0s is 1m.
func (s *Seconds) String() string {
	text := time.Duration(*s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (s *Seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, bad := strconv.ParseFloat(text, 64); bad == nil {
		if math.IsNaN(n) || n < 0 || n > math.MaxInt32 {
			return errors.New("a duration is 0 or more, such as 30s or 1.5")
		}
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return errors.New("write a duration such as 30s, 1.5s, 500ms or 2m; a bare number means seconds")
	}
	*s = Seconds(d)
	return nil
}

// Span is a flag's duration, or one from the first to the second of two: 500ms, 200ms..800ms.
type Span struct{ Least, Most Seconds }

func (s *Span) Type() string { return "TIME" }

func (s *Span) String() string {
	if s.Least == s.Most {
		return s.Least.String()
	}
	return s.Least.String() + ".." + s.Most.String()
}

func (s *Span) Set(text string) error {
	least, most, isRange := strings.Cut(text, "..")
	if !isRange {
		most = least
	}
	var span Span
	if err := cmp.Or(span.Least.Set(least), span.Most.Set(most)); err != nil {
		return fmt.Errorf("%w; of two, as in 200ms..800ms, chance takes one in between", err)
	}
	if span.Most < span.Least {
		return fmt.Errorf("write the shorter time first: %s..%s", most, least)
	}
	*s = span
	return nil
}
