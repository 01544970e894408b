package testserver

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const jsonType = "application/json"

// answerJSON writes v as JSON.
func answerJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	answer(w, status, jsonType, string(body))
}

// fail answers with an error text as JSON. The text says what to write instead.
func fail(w http.ResponseWriter, status int, text string) {
	answerJSON(w, status, struct {
		Error string `json:"error"`
	}{text})
}

// number reads a whole number from low to high, in digits only; empty means def.
func number(text string, def, low, high int64) (int64, bool) {
	if text == "" {
		return def, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= low && n <= high && text[0] != '+' && text[0] != '-'
}

// size reads a number of bytes, with k, m or g for 1024 and its powers; at most maxBytes. Empty means def.
func size(text string, def int64) (int64, bool) {
	unit := int64(1)
	if n := len(text) - 1; n > 0 {
		switch text[n] | 0x20 {
		case 'k':
			unit = 1 << 10
		case 'm':
			unit = 1 << 20
		case 'g':
			unit = 1 << 30
		}
		if unit > 1 {
			text = text[:n]
		}
	}
	n, ok := number(text, def, 0, maxBytes/unit)
	return n * unit, ok
}

// duration reads a wait in Go's syntax, a bare number meaning seconds; from 0 to maxWait. Empty means def.
func duration(text string, def time.Duration) (time.Duration, bool) {
	if text == "" {
		return def, true
	}
	if d, ok := seconds(text); ok {
		return d, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= maxWait
}

// quoteJSON writes a string as JSON does; strconv.Quote would write \x00.
func quoteJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string never fails
	return string(quoted)
}
