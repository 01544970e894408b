package value

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
)

// ParseRate reads a rate such as 5/s, 300/m or 10/5s.
func ParseRate(text string) (fetcher.Rate, error) {
	bad := errors.New("write a rate such as 5/s, 300/m, 1000/h or 2/10s")
	count, per, ok := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	if !ok || err != nil {
		return fetcher.Rate{}, bad
	}
	if !(n > 0) || math.IsInf(n, 0) {
		return fetcher.Rate{}, errors.New("a rate is more than 0")
	}
	per = strings.TrimSpace(per)
	if per == "" {
		return fetcher.Rate{}, bad
	}
	switch per {
	case "s", "m", "h":
		per = "1" + per
	case "d":
		per = "24h"
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return fetcher.Rate{}, bad
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

// Size is a flag's number of bytes: 1000, 500k, 64MiB.
type Size struct {
	text  string
	Bytes int64
	Given bool
}

func (s *Size) String() string { return s.text }
func (s *Size) Type() string   { return "SIZE" }

func (s *Size) Set(text string) error {
	n, err := parseSize(text)
	if err != nil {
		return err
	}
	*s = Size{text, n, true}
	return nil
}

// sizeUnits are the units of sizes: those with an i in them are powers of 1024 (IEC 80000-13).
var sizeUnits = map[string]float64{
	"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30, "ti": 1 << 40, "tib": 1 << 40,
}

func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := sizeUnits[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || !(n >= 0) || n*unit >= math.MaxInt64 {
		return 0, errors.New("write a number of bytes, such as 1000000, 500k or 64MiB")
	}
	return int64(n * unit), nil
}
