package web

import (
	"cmp"
	"fmt"
	"net/http"
)

// IsRedirect reports whether net/http follows the status, as RFC 9110, section 15.4 has it.
func IsRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect:
		return true
	}
	return false
}

// StatusLine is a status in words of our own: the server's may be anything.
func StatusLine(status int) string {
	return fmt.Sprintf("%d %s", status, cmp.Or(http.StatusText(status), "unknown status"))
}

// HasNoBody reports whether a response has none, whatever its header says of one.
func HasNoBody(resp *http.Response) bool {
	return resp.Request.Method == http.MethodHead || resp.StatusCode == http.StatusNoContent ||
		resp.StatusCode == http.StatusNotModified
}
