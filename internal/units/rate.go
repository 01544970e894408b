package units

import (
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
