package testserver

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

func (h *Handler) addSensor() {
	h.add("sensor", "/sensor/{name}  one reading: temperature (50 ms), pressure (120 ms), humidity (200 ms), co2 (400 ms, one in ten 3 s)", h.sensor)
}

// A sensor takes its time to read a value that swings about a mean.
type sensor struct {
	unit          string
	reads         time.Duration // how long a reading takes
	stalls        time.Duration // how long the third of every ten readings takes instead; 0 means as long as the others
	mean, swing   float64
	period        time.Duration
	noise         float64 // of each reading, at the most
	decimalPlaces int
}

var sensors = map[string]sensor{
	"temperature": {"°C", 50 * time.Millisecond, 0, 21.5, 2.5, time.Minute, 0.05, 2},
	"pressure":    {"hPa", 120 * time.Millisecond, 0, 1013.25, 4, 90 * time.Second, 0.05, 2},
	"humidity":    {"%", 200 * time.Millisecond, 0, 45, 8, 40 * time.Second, 0.2, 1},
	"co2":         {"ppm", 400 * time.Millisecond, 3 * time.Second, 620, 150, 30 * time.Second, 2, 0},
}

// sensor answers with the value at the end of its reading. The swing is a function of the time since the server's start,
// the noise of the seed and the number of the reading.
func (h *Handler) sensor(w http.ResponseWriter, r *http.Request, name string) {
	s, ok := sensors[name]
	if !ok {
		fail(w, http.StatusNotFound, "no such sensor; there are temperature, pressure, humidity and co2")
		return
	}
	reading := h.visits.add("sensor " + name)
	takes := s.reads
	if s.stalls > 0 && reading%10 == 3 {
		takes = s.stalls
	}
	if !wait(r, takes) {
		return
	}
	now := time.Now()
	phase := random(h.opt.Seed, "sensor "+name, 0).Float64()
	turns := now.Sub(h.truth.began).Seconds()/s.period.Seconds() + phase
	value := s.mean + s.swing*math.Sin(2*math.Pi*turns) + s.noise*(2*random(h.opt.Seed, "sensor "+name, reading).Float64()-1)
	answer(w, http.StatusOK, jsonType, `{"sensor": "`+name+`", "value": `+strconv.FormatFloat(value, 'f', s.decimalPlaces, 64)+
		`, "unit": "`+s.unit+`", "at": "`+now.UTC().Format("2006-01-02T15:04:05.000Z")+`"}`)
}
