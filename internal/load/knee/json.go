package knee

import (
	"example.com/fetch/internal/load/figures"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// object is the JSON form.
type object struct {
	V      int    `json:"v"`
	Target string `json:"target"`
	Model  string `json:"model"`
	Steps  []row  `json:"steps"`
	Knee   where  `json:"knee"`
	Peak   *Peak  `json:"predicted_peak"`
}

type where struct {
	Found bool    `json:"found"`
	Users int     `json:"users,omitempty"`
	Rate  float64 `json:"asked_per_s,omitempty"`
	Words string  `json:"words"`
}

// JSON is the steps and the knee as one object on one line, with the escapes of a record.
func JSON(steps []Step) ([]byte, error) {
	all, found := rows(steps)
	o := object{V: 1, Target: target(steps), Model: figures.Closed, Steps: all, Knee: where{Found: found.Found, Words: found.Words}}
	if len(steps) > 0 && steps[0].open() {
		o.Model = figures.Open
	}
	if found.Found {
		o.Knee.Users, o.Knee.Rate = all[found.At].Users, all[found.At].Rate
	}
	if p := found.Peak; p != nil {
		o.Peak = &Peak{p.Users, units.Rounded(p.Rate), units.Rounded(p.Fit)}
	}
	text, err := record.Marshal(o)
	return append(text, '\n'), err
}

// target is what the steps were sent to.
func target(steps []Step) string {
	if len(steps) == 0 {
		return ""
	}
	return steps[0].Summary.Asked.Target
}
