package value

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

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
