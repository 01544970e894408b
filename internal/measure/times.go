package measure

import (
	"errors"

	"example.com/fetch/internal/record"
)

// Times are those of requests that were not given up, successes and failures apart.
type Times struct {
	Response       Distribution `json:"response"` // of the successes
	Service        Distribution `json:"service"`
	FailedResponse Distribution `json:"failed_response"`
	FailedService  Distribution `json:"failed_service"`
}

func (t *Times) each() [4]*Distribution {
	return [...]*Distribution{&t.Response, &t.Service, &t.FailedResponse, &t.FailedService}
}

func (t *Times) add(ok bool, response, service record.Micros) {
	if ok {
		t.Response.Add(response)
		t.Service.Add(service)
		return
	}
	t.FailedResponse.Add(response)
	t.FailedService.Add(service)
}

func (t *Times) merge(other *Times) {
	others := other.each()
	for i, d := range t.each() {
		d.Merge(others[i])
	}
}

func (t *Times) latencies() (response, service Latencies) {
	return Latencies{t.Response.Latency(), t.FailedResponse.Latency()}, Latencies{t.Service.Latency(), t.FailedService.Latency()}
}

// check refuses times that are not as many as the requests.
func (t *Times) check(ok, failed int64) error {
	if ok != t.Response.N() || ok != t.Service.N() || failed != t.FailedResponse.N() || failed != t.FailedService.N() {
		return errors.New("its histograms do not have as many times as ok and failed say")
	}
	return nil
}
