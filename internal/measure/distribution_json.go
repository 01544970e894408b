package measure

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"example.com/fetch/internal/record"
)

// distributionJSON is Distribution in JSON. The sum is in whole microseconds: milliseconds with decimals would not be exact for
// so large a number.
type distributionJSON struct {
	N   int64         `json:"n"`
	Sum int64         `json:"sum_us"`
	Min record.Micros `json:"min_ms"`
	Max record.Micros `json:"max_ms"`
	HDR string        `json:"hdr"` // HdrHistogram, V2, compressed, in base64; in microseconds
}

// MarshalJSON gives {"n":0} where there are no times.
func (d Distribution) MarshalJSON() ([]byte, error) {
	if d.n == 0 {
		return []byte(`{"n":0}`), nil
	}
	hdr, err := d.counts().Encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(distributionJSON{N: d.n, Sum: d.sum, Min: d.min, Max: d.max, HDR: string(hdr)})
}

// maxTimes is the most times that are believed to have been measured.
const maxTimes = 1 << 40

// UnmarshalJSON reads what MarshalJSON gives, and refuses what cannot be true.
func (d *Distribution) UnmarshalJSON(data []byte) error {
	var j distributionJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*d = Distribution{}
	if j.N == 0 {
		return nil
	}
	packed, err := hdrhistogram.DecodePacked([]byte(j.HDR))
	if err != nil {
		return fmt.Errorf("the histogram cannot be decoded: %w", err)
	}
	significant := packed.SignificantFigures()
	switch {
	case packed.LowestTrackableValue() != lowest || packed.HighestTrackableValue() != highest ||
		significant != digits && significant != coarseDigits:
		return errors.New("the histogram is none of times in microseconds with 2 or 3 digits, up to 2.4 hours")
	case j.N < 0 || j.N > maxTimes || j.N != packed.TotalCount():
		return errors.New("the histogram has not as many times as n says")
	case j.Min < 0 || j.Min > j.Max || !holds(packed, j.Min) || !holds(packed, j.Max):
		return errors.New("min_ms or max_ms is not in the histogram")
	case j.Sum < 0 || j.Sum/j.N < int64(j.Min) || j.Sum/j.N > int64(j.Max):
		return errors.New("sum_us is not the sum of times from min_ms to max_ms")
	}
	*d = Distribution{n: j.N, sum: j.Sum, min: j.Min, max: j.Max, packed: packed, coarse: significant == coarseDigits}
	return nil
}

func holds(h *hdrhistogram.PackedHistogram, m record.Micros) bool {
	return h.CountAtValue(min(int64(m), highest)) > 0
}
