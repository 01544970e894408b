package testserver

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (h *Handler) etag(w http.ResponseWriter, r *http.Request, tag string) *refusal {
	if tag == "" || strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c == '"' || c >= 0x7f }) {
		return badRequest("an ETag is of visible ASCII without quotes (RFC 9110, section 8.8.3), such as /etag/v1")
	}
	setETag(w, r, tag)
	w.Header().Set("Content-Type", jsonType)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(`{"etag": `+strconv.Quote(tag)+`}`))
	return nil
}

// setETag sets the ETag of a tag, a weak one for ?weak=1.
func setETag(w http.ResponseWriter, r *http.Request, tag string) {
	tag = `"` + tag + `"`
	if r.URL.Query().Has("weak") {
		tag = "W/" + tag
	}
	w.Header().Set("ETag", tag)
}

// version is the state of one name. One that was never changed is not stored.
type version struct {
	changes int64 // by POST and DELETE
	gone    int   // the status that is returned instead; 0: it exists
}

// versioned serves a resource that changes on request. Version n was last modified n seconds after the day before
// the server's start: dates have whole seconds, so that two versions never share one, however fast they follow
// each other.
func (h *Handler) versioned(w http.ResponseWriter, r *http.Request, name string) *refusal {
	q := r.URL.Query()
	every, everyOK := duration(q.Get("every"), 0)
	code, codeOK := number(q.Get("code"), http.StatusGone, 400, 499)
	only := q.Get("only")
	if name == "" || len(name) > maxKeyLen || !everyOK || !codeOK || !slices.Contains([]string{"", "etag", "date", "none"}, only) {
		return badRequest("write /versioned/{name}; ?every= is a time such as 2s, ?only= is etag, date or none, ?code= of DELETE is 410 or 404")
	}
	var now version
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		now, _ = h.versions.look(name)
	case http.MethodPost:
		now = h.versions.change(name, func(v *version) { v.changes, v.gone = v.changes+1, 0 })
	case http.MethodDelete:
		h.versions.change(name, func(v *version) { v.changes, v.gone = v.changes+1, int(code) })
		w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return refuseMethod(w, "GET, HEAD, POST, DELETE", "GET it, POST a new version, or DELETE it")
	}
	if now.gone != 0 {
		return refuse(now.gone, "deleted; POST makes a new version")
	}
	number := now.changes + 1
	if every > 0 {
		number += int64(time.Since(h.truth.began) / every)
	}
	h.sendVersion(w, r, name, number, only)
	return nil
}

// sendVersion sends a version of name, or that it is not modified. Only restricts its validators: "etag", "date"
// or "none"; "" means both.
func (h *Handler) sendVersion(w http.ResponseWriter, r *http.Request, name string, number int64, only string) {
	body := `{"name": ` + quoteJSON(name) + `, "version": ` + strconv.FormatInt(number, 10) + `}`
	if r.Method == http.MethodPost {
		answer(w, http.StatusOK, jsonType, body)
		return
	}
	var modified time.Time // zero: http.ServeContent has no Last-Modified
	if only == "" || only == "date" {
		modified = h.truth.began.Add(time.Duration(min(number, 86_400))*time.Second - 24*time.Hour)
	}
	if only == "" || only == "etag" {
		setETag(w, r, strconv.FormatUint(random(h.opt.Seed, "version "+name, number).Uint64(), 16))
	}
	w.Header().Set("Content-Type", jsonType)
	http.ServeContent(w, r, "", modified, strings.NewReader(body))
}
