package units

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Rate is a rate of so many in a time, as a flag takes it: 5/s, 400/m, 3/10s.
func Rate(events float64, per time.Duration) string {
	text := strconv.FormatFloat(events, 'f', -1, 64)
	if len(text) > 6 && events != math.Trunc(events) {
		text = strconv.FormatFloat(events, 'g', 4, 64)
	}
	switch per {
	case time.Second:
		return text + "/s"
	case time.Minute:
		return text + "/m"
	case time.Hour:
		return text + "/h"
	}
	return text + "/" + Bare(per)
}

// PerSecond writes a rate: 0/s, 0.001944/s, 0.042/s, 50.0/s, 1,234/s.
func PerSecond(rate float64) string {
	switch {
	case rate >= 999.5:
		return grouped(strconv.FormatFloat(math.Round(rate), 'f', 0, 64)) + "/s"
	case rate == 0:
		return "0/s"
	case rate < 0.095:
		return fmt.Sprintf("%.4g/s", rate)
	}
	return fmt.Sprintf("%.1f/s", rate)
}
