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
