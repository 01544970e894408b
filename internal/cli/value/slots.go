package value

import (
	"errors"

	"example.com/fetch/fetcher"
)

// Slots is a flag's number of requests in flight, or auto.
type Slots struct{ To *int }

func (s Slots) Type() string { return "int" }

func (s Slots) String() string {
	if *s.To == fetcher.Auto {
		return auto
	}
	return Number[int](s).String()
}

func (s Slots) Set(text string) error {
	if text == auto {
		*s.To = fetcher.Auto
		return nil
	}
	var n int
	err := Number[int]{&n}.Set(text)
	switch {
	case err != nil:
		return errors.New("write a number, or auto")
	case n < 0:
		return errors.New("at least 1 request must be in flight")
	}
	*s.To = n
	return nil
}

const auto = "auto"
