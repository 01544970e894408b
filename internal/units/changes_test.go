package units

import (
	"testing"

	"example.com/fetch/internal/record"
)

func TestChange(t *testing.T) {
	for want, e := range map[string]record.HostEvent{
		"5.0/s → 2.5/s after 3 × 503, Yellow": {Change: "pace", From: 5, To: 2.5, Why: "3 × 503, Yellow"},
		"as asked → 2.5/s after 429":          {Change: "pace", To: 2.5, Why: "429"},
		"2.5/s → 5.0/s (recovered)":           {Change: "pace", From: 2.5, To: 5, Why: "recovered"},
		"2.5/s → as asked (recovered)":        {Change: "pace", From: 2.5, Why: "recovered"},
		"10 → 3 slots after 3 × 503":          {Change: "slots", From: 10, To: 3, Why: "3 × 503"},
		"as asked → 3 slots":                  {Change: "slots", To: 3},
		"3 slots → as asked":                  {Change: "slots", From: 3},
		"6 → 5 slots":                         {Change: "slots", From: 5.7, To: 4.61},
		"1 slot → as asked":                   {Change: "slots", From: 1},
		"paused 12.0s (429, Retry-After)":     {Change: "pause", To: 12, Why: "429, Retry-After"},
		"given up: connection refused":        {Change: "circuit_open", Why: "connection refused"},
		"responds again":                      {Change: "circuit_closed"},
		"12345 earlier changes are not listed (they came faster than they were taken)": {Change: "lost", To: 12345, Why: "they came faster than they were taken"},
		"states a limit of 100 in 1m":        {Change: "quota", From: 60, To: 100},
		"states a limit of 5 requests":       {Change: "quota", To: 5},
		"states a limit of 1 request":        {Change: "quota", To: 1},
		"states a limit of 5000 in 24h":      {Change: "quota", From: 86400, To: 5000, Why: "as it says"},
		"states a limit of 1e+12 in 1s":      {Change: "quota", From: 1, To: 1e12},
		"states a limit of 1000000 in 2h":    {Change: "quota", From: 7200, To: 1e6},
		"10 → 1 slot (as it says)":           {Change: "slots", From: 10, To: 1, Why: "as it says"},
		`as asked → 1.0/s (\x1b[31mred\x07)`: {Change: "pace", To: 1, Why: "\x1b[31mred\x07"},
		`new\x1b (later)`:                    {Change: "new\x1b", Why: "later"},
	} {
		if got := ChangeWhy(&e); got != want {
			t.Errorf("%+v is %q, want %q", e, got, want)
		}
	}
}
