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
	Requests int            `json:"hops"`
	Peak     int            `json:"peak_in_flight"` // the most at once since it started; 0 where it does not say
	Status   map[string]int // nil where it does not say
}

var stubStatus = regexp.MustCompile(`(?m)^ \d+ \d+ (\d+) *$`)

// nginxTally asks nginx, which counts the question too: it is taken off again.
func nginxTally(ctx context.Context, s *server) (tally, error) {
	text, err := s.ask(ctx, http.MethodGet, "/status")
	if err != nil {
		return tally{}, err
	}
	found := stubStatus.FindSubmatch(text)
	if found == nil {
		return tally{}, errors.New("nginx does not tell how many requests it had")
	}
	n, err := strconv.Atoi(string(found[1]))
	s.questions++
	return tally{Requests: n - s.questions}, err
}

// ownTally asks our server, which does not count the question.
func ownTally(ctx context.Context, s *server) (tally, error) {
	var truth struct{ Total tally }
	err := s.read(ctx, "/__truth?hops=0", &truth)
	return truth.Total, err
}

// read asks the server for something in JSON.
func (s *server) read(ctx context.Context, path string, v any) error {
	text, err := s.ask(ctx, http.MethodGet, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("the server's own count: %w", err)
	}
	return nil
}

func (s *server) ask(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}
