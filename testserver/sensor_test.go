package testserver

import (
	"encoding/json"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

type reading struct {
	Sensor, Unit string
	Value        json.Number
	At           time.Time
}

func TestSensorsTakeTheirTime(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		for name, want := range map[string]time.Duration{"temperature": 50, "pressure": 120, "humidity": 200, "co2": 400} {
			h := New(Options{Seed: 1})
			slow, values := 0, map[json.Number]bool{}
			for i := range 20 {
				start := time.Now()
				got := read(t, h, name)
				took := time.Since(start)
				if took == 3*time.Second && name == "co2" {
					slow++
				} else if took != want*time.Millisecond {
					t.Errorf("%s: reading %d took %v", name, i, took)
				}
				if got.Sensor != name || got.Unit == "" || got.At.UnixMilli() != time.Now().UnixMilli() {
					t.Errorf("%+v", got)
				}
				values[got.Value] = true
			}
			if want := map[string]int{"co2": 2}[name]; slow != want || len(values) < 10 {
				t.Errorf("%s: %d of 20 took 3 s, want %d; %d different values", name, slow, want, len(values))
			}
		}
		if resp := ask(t, quick(), "GET", "/sensor/wind"); resp.StatusCode != 404 {
			t.Error(resp.Status)
		}
	})
}

func TestSensorsHaveASeed(t *testing.T) {
	values := map[json.Number]bool{}
	for _, seed := range []uint64{1, 1, 2} {
		bubble.Test(t, func(t *testing.T) { values[read(t, New(Options{Seed: seed}), "pressure").Value] = true })
	}
	if len(values) != 2 {
		t.Errorf("two seeds gave %d first values", len(values))
	}
}

func read(t *testing.T, h *Handler, name string) reading {
	t.Helper()
	var r reading
	resp := ask(t, h, "GET", "/sensor/"+name)
	if err := json.Unmarshal([]byte(text(t, resp)), &r); err != nil || resp.StatusCode != 200 {
		t.Fatal(resp.Status, err)
	}
	return r
}
