package value

// ArrivalRate is the flag of how many requests are due in a time.
type ArrivalRate struct {
	Text      string
	PerSecond float64
}

func (r *ArrivalRate) String() string { return r.Text }
func (r *ArrivalRate) Type() string   { return "RATE" }

func (r *ArrivalRate) Set(text string) error {
	rate, err := ParseRate(text)
	if err != nil {
		return err
	}
	r.Text, r.PerSecond = text, rate.PerSecond()
	return nil
}
