package sched

import (
	"fmt"
	"strings"
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
