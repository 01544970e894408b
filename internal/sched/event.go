package sched

import (
	"fmt"
	"strings"
	"time"
)

// Event is a change in what a host is allowed, or in what it does.
type Event struct {
	At   time.Duration
	Host string
	What string  // one of the Event constants
	From float64 // hops a second, or slots, that were allowed before; 0 means no bound but the one asked for
	To   float64 // what is allowed now, likewise; of a pause, seconds
	Why  string  // for people: "3 × 503, Yellow", "429 with Retry-After 30 s", "recovered"
}

// What an Event tells.
const (
	EventPace  = "pace"           // the hops a second have changed
	EventSlots = "slots"          // the slots have changed
	EventPause = "pause"          // nothing is sent for To seconds
	EventDown  = "circuit_open"   // the host has been given up: its requests fail at once
	EventUp    = "circuit_closed" // the host responds again
	EventQuota = "quota"          // the host has stated a limit: To in From seconds
)

// tell tells of a change, for what the host has said since the last one unless there is another reason.
func (s *Scheduler) tell(now time.Duration, h *host, what string, from, to float64, why string) {
	l := h.learned
	if said := l.words.String(); why == "" {
		why = said
	}
	if why != "" {
		l.why = why
	}
	l.words = words{}
	s.send(Event{At: now, Host: h.name, What: what, From: from, To: to, Why: l.why})
}

func (s *Scheduler) send(e Event) {
	if s.config.Event != nil {
		s.config.Event(e)
	}
}

// words counts what a host says, for people.
type words [3]struct {
	word string
	n    int
}

func (w *words) add(word string) {
	if word == "" {
		return
	}
	last := len(w) - 1
	for i := range w {
		if w[i].n == 0 || w[i].word == word || i == last {
			if w[i].word != word {
				w[i].word, w[i].n = word, 0
			}
			w[i].n++
			return
		}
	}
}

func (w *words) String() string {
	var said []string
	for _, one := range w {
		if one.n > 0 {
			said = append(said, fmt.Sprintf("%d × %s", one.n, one.word))
		}
	}
	return strings.Join(said, ", ")
}
