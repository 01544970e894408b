package report

import (
	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// sweepObject is the JSON form of a sweep.
type sweepObject struct {
	V      int        `json:"v"`
	Target string     `json:"target"`
	Model  string     `json:"model"`
	Steps  []knee.Row `json:"steps"`
	Knee   kneeObject `json:"knee"`
	Peak   *knee.Peak `json:"predicted_peak"`
}

type kneeObject struct {
	Found bool    `json:"found"`
	Users int     `json:"users,omitempty"`
	Rate  float64 `json:"asked_per_s,omitempty"`
	Words string  `json:"words"`
}

// sweepJSON is the steps and the knee as one object on one line, with the escapes of a record.
func sweepJSON(s *knee.Sweep, _ Options) ([]byte, error) {
	found := s.Knee
	o := sweepObject{V: 1, Target: s.Target, Model: s.Model, Steps: s.Steps, Knee: kneeObject{Found: found.Found, Words: found.Words}}
	if found.Found {
		o.Knee.Users, o.Knee.Rate = s.Steps[found.At].Users, s.Steps[found.At].Rate
	}
	if p := found.Peak; p != nil {
		o.Peak = &knee.Peak{Users: p.Users, Rate: units.Rounded(p.Rate), Fit: units.Rounded(p.Fit)}
	}
	text, err := record.Marshal(o)
	return append(text, '\n'), err
}
