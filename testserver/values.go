package testserver

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const (
	maxBytes = 10 << 30  // the longest body
	maxWait  = time.Hour // the longest wait that can be requested
)

// number parses an integer from low to high, digits only. Empty means def, which must be out of bounds to be
// invalid.
func number(text string, def, low, high int64) (int64, bool) {
	n, err := def, error(nil)
	if text != "" {
		n, err = strconv.ParseInt(text, 10, 64)
	}
	return n, err == nil && n >= low && n <= high && strings.Trim(text, "0123456789") == ""
}

// size parses a number of bytes, with k, m or g for 1024 and its powers; at most maxBytes. Empty means def, as in
// number.
func size(text string, def int64) (int64, bool) {
	unit := int64(1)
	if last := len(text) - 1; last > 0 {
		if power := strings.IndexByte("kmg", text[last]|0x20); power >= 0 {
			unit, text = 1<<(10*(power+1)), text[:last]
		}
	}
	n, ok := number(text, def, 0, maxBytes/unit)
	return n * unit, ok
}

// duration parses a wait in Go's syntax, where a bare number means seconds; from 0 to maxWait. Empty means def.
func duration(text string, def time.Duration) (time.Duration, bool) {
	if text == "" {
		return def, true
	}
	if d, ok := seconds(text); ok {
		return d, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= maxWait
}

// seconds parses a number in JSON syntax (so that it can be echoed), without sign or exponent, up to maxWait.
func seconds(text string) (time.Duration, bool) {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || s > maxWait.Seconds() || len(text) > 20 || strings.Trim(text, "0123456789.") != "" || !json.Valid([]byte(text)) {
		return 0, false
	}
	return time.Duration(s * float64(time.Second)), true
}
