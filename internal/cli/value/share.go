package value

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

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
