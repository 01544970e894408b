package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
)

// tally is what a server says of the requests it has had.
type tally struct {
	requests int
	peak     int // the most at once since it started; 0 where it does not say
}

var stubStatus = regexp.MustCompile(`(?m)^ \d+ \d+ (\d+) *$`)

// nginxTally asks nginx, which counts the question too: it is taken off again.
func nginxTally(ctx context.Context, s *server) (tally, error) {
	text, err := s.ask(ctx, "/status")
	if err != nil {
		return tally{}, err
	}
	found := stubStatus.FindSubmatch(text)
	if found == nil {
		return tally{}, errors.New("nginx does not tell how many requests it had")
	}
	n, err := strconv.Atoi(string(found[1]))
	s.questions++
	return tally{requests: n - s.questions}, err
}

// ownTally asks our server, which does not count the question.
func ownTally(ctx context.Context, s *server) (tally, error) {
	text, err := s.ask(ctx, "/__truth?hops=0")
	if err != nil {
		return tally{}, err
	}
	var truth struct {
		Total struct {
			Hops int `json:"hops"`
			Peak int `json:"peak_in_flight"`
		} `json:"total"`
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		return tally{}, fmt.Errorf("the server's own count: %w", err)
	}
	return tally{truth.Total.Hops, truth.Total.Peak}, nil
}

func (s *server) ask(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(io.LimitReader(answer.Body, 1<<20))
}
