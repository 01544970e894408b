package main

// arrivalRate is the flag of how many requests are due in a time.
type arrivalRate struct {
	text      string
	perSecond float64
}

func (r *arrivalRate) String() string { return r.text }
func (r *arrivalRate) Type() string   { return "RATE" }

func (r *arrivalRate) Set(text string) error {
	rate, err := parseRate(text)
	if err != nil {
		return err
	}
	r.text, r.perSecond = text, rate.PerSecond()
	return nil
}
