package record

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"
)

// Micros is a time in whole microseconds, the resolution of a record. In JSON it is in milliseconds: 1500 is
// 1.5.
type Micros int64

// MicrosOf truncates d to whole microseconds. It never rounds up, so that sums of parts never exceed the total.
func MicrosOf(d time.Duration) Micros { return Micros(d / time.Microsecond) }

// Duration returns m as a time.Duration.
func (m Micros) Duration() time.Duration { return time.Duration(m) * time.Microsecond }

// Milliseconds returns m in milliseconds.
func (m Micros) Milliseconds() float64 { return float64(m) / 1000 }

// AppendText appends m in milliseconds with as many decimals as necessary, at most three: 1500 is "1.5". It is
// exact, and its error is always nil.
func (m Micros) AppendText(dst []byte) ([]byte, error) { return appendMicros(dst, m), nil }

// MarshalJSON returns m in milliseconds, like AppendText.
func (m Micros) MarshalJSON() ([]byte, error) { return appendMicros(nil, m), nil }

// UnmarshalJSON reads a number of milliseconds, rounded to the nearest microsecond. As usual, null changes
// nothing.
func (m *Micros) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	parsed, err := parseMicros(data)
	if err == nil {
		*m = parsed
	}
	return err
}

// parseMicros parses a JSON number.
func parseMicros(number []byte) (Micros, error) {
	if m, ok := plainMicros(number); ok {
		return m, nil
	}
	ms, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return 0, errors.New("not a number of milliseconds")
	}
	// Up to 2^51 µs (71 years) a float64 of milliseconds converts back to exactly the microsecond that was
	// written.
	us := math.Round(ms * 1000)
	if !(math.Abs(us) <= 1<<51) { // NaN, too
		return 0, errors.New("duration out of range")
	}
	return Micros(us), nil
}

// plainMicros parses the output of appendMicros: digits, and up to three more after a point. It rejects long
// numbers.
func plainMicros(number []byte) (m Micros, ok bool) {
	const long = 16 // digits and a point: less than 2^51
	if len(number) == 0 || len(number) >= long {
		return 0, false
	}
	decimals := -1
	for _, c := range number {
		switch {
		case isDigit(c):
			m = m*10 + Micros(c-'0')
			if decimals >= 0 {
				decimals++
			}
		case c == '.' && decimals < 0:
			decimals = 0
		default:
			return 0, false
		}
	}
	if decimals == 0 || decimals > 3 { // a point without digits, or too many of them
		return 0, false
	}
	for range 3 - max(decimals, 0) {
		m *= 10
	}
	return m, m <= 1<<50
}

func appendMicros(dst []byte, m Micros) []byte {
	if m == 0 { // most are
		return append(dst, '0')
	}
	u := uint64(m)
	if m < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/1000, 10)
	f := u % 1000
	if f == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
	return bytes.TrimRight(dst, "0") // stops at the point at the latest
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
