package testserver

import (
	"encoding/json"
	"net/http"
)

// serveTruth answers /__truth, which is no hop itself.
func (h *Handler) serveTruth(w http.ResponseWriter, r *http.Request, rest string) {
	switch {
	case r.Method == http.MethodDelete && rest == "", r.Method == http.MethodPost && rest == "/reset":
		h.reset()
		w.WriteHeader(http.StatusNoContent)
	case rest != "":
		fail(w, http.StatusNotFound, "write /__truth, with ?hops=0 for the counts alone; DELETE /__truth or POST /__truth/reset to begin anew")
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(h.Truth(r.URL.Query().Get("hops") != "0")) // an error means that the client left
	default:
		w.Header().Set("Allow", "GET, HEAD, DELETE")
		fail(w, http.StatusMethodNotAllowed, "GET, HEAD or DELETE /__truth, or POST /__truth/reset")
	}
}
