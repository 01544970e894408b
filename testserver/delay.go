package testserver

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxWait is the longest wait that can be asked for: an hour.
const maxWait = time.Hour

// maxDrain is how much of a request's body is read before waiting. net/http watches for the client's leaving only once
// the body is read.
const maxDrain = 1 << 20

func (h *Handler) addDelay() {
	h.usage = append(h.usage, "/{seconds}  waits (0, 2, 0.25) and answers {\"time_elapsed\": 2}")
	h.add("delay", "/delay/{seconds}  likewise", h.delay)
}

func (h *Handler) delay(w http.ResponseWriter, r *http.Request, text string) {
	d, ok := seconds(text)
	if !ok {
		fail(w, http.StatusBadRequest, "the wait must be a number of seconds from 0 to 3600, such as /2 or /0.25, not "+strconv.Quote(text))
		return
	}
	if wait(r, d) {
		answer(w, http.StatusOK, jsonType, `{"time_elapsed": `+text+`}`)
	}
}

// wait lets d pass, and reports whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	if r.Body != nil && r.Body != http.NoBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
	}
	return sleep(r.Context(), d)
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// seconds reads a number as JSON writes it (so that it can be echoed), without sign or exponent, up to maxWait.
func seconds(text string) (time.Duration, bool) {
	whole, dot := 0, -1
	for i := range len(text) {
		switch c := text[i]; {
		case c-'0' <= 9:
			if dot < 0 {
				whole++
			}
		case c == '.' && dot < 0:
			dot = i
		default:
			return 0, false
		}
	}
	if whole == 0 || dot == len(text)-1 || len(text) > 20 || (whole > 1 && text[0] == '0') {
		return 0, false
	}
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || s > maxWait.Seconds() {
		return 0, false
	}
	return time.Duration(s * float64(time.Second)), true
}
