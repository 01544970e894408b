package sched

import (
	"fmt"
	"time"
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
type words struct {
	last string
	n    int
}

func (w *words) add(word string) {
	if word != w.last {
		w.n = 0
	}
	w.last = word
	w.n++
}

func (w *words) String() string {
	if w.n == 0 || w.last == "" {
		return ""
	}
	return fmt.Sprintf("%d × %s", w.n, w.last)
}
