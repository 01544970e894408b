package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// share is a flag's part of a whole: 20% or 0.2, or none for no bound, which is unbounded.
type share float64

const unbounded share = -1

func (s *share) Type() string { return "SHARE" }

func (s *share) String() string {
	if *s == unbounded {
		return "none"
	}
	return strconv.FormatFloat(float64(*s)*100, 'g', 15, 64) + "%"
}

func (s *share) Set(text string) error {
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
	*s = share(n)
	return nil
}

// budget is the share as fetcher.Retry has it, where 0 means the default.
func (s share) budget() float64 {
	if s == 0 {
		return math.SmallestNonzeroFloat64
	}
	return float64(s)
}
