package testserver

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

func (h *Handler) addFault() {
	h.add("fault", "/fault/{name}  one thing that goes wrong, or that a hostile server would do; /fault/ lists them", h.fault)
}

// allFaults makes the list when it is first asked for: some of the answers are megabytes.
var allFaults = sync.OnceValue(func() []Fault {
	return slices.Concat(wireFaults(), bodyFaults(), headerFaults(), redirectFaults())
})

// A Fault is something that goes wrong at /fault/{Name}, and at any path below it.
type Fault struct {
	Name  string
	About string // what the server does

	serve http.HandlerFunc
}

// Faults lists what is under /fault/, in the order of its kinds: what breaks on the wire, bodies, headers, redirects. The
// slice is the caller's.
func Faults() []Fault { return slices.Clone(allFaults()) }

func (h *Handler) fault(w http.ResponseWriter, r *http.Request, rest string) {
	name, _, _ := strings.Cut(rest, "/")
	for _, f := range allFaults() {
		if f.Name == name {
			f.serve(w, r)
			return
		}
	}
	if name != "" {
		fail(w, http.StatusNotFound, "no such fault; GET /fault/ lists those there are")
		return
	}
	var b strings.Builder
	for _, f := range allFaults() {
		b.WriteString("/fault/" + f.Name + "  " + f.About + "\n")
	}
	answer(w, http.StatusOK, "text/plain; charset=utf-8", b.String())
}

// answering is a fault that is an answer with these headers ("Name: value" lines) and this body.
func answering(name, about string, status int, headers []string, body string) Fault {
	return Fault{name, about, func(w http.ResponseWriter, _ *http.Request) {
		contentType := jsonType
		for _, line := range headers {
			key, value, _ := strings.Cut(line, ": ")
			if key == "Content-Type" {
				contentType = value
				continue
			}
			w.Header()[key] = append(w.Header()[key], value)
		}
		answer(w, status, contentType, body)
	}}
}
