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
	count, per, _ := strings.Cut(text, "/")
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
		return fetcher.Rate{}, errors.New("write a rate such as 5/s, 300/m, 1000/h or 2/10s")
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
