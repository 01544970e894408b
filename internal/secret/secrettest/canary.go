// Package secrettest has a word that stands for every secret in tests, and finds it in whatever was written.
package secrettest

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"testing"
)

// Canary stands for every secret: it may be nowhere but in what the server is sent.
const Canary = "kanarienvogel"

// Shapes are the ways in which a secret may be written.
func Shapes(secret string) []string {
	shapes := []string{secret, url.QueryEscape(secret)}
	for _, before := range []string{"me:", "", "x", "xx"} { // base64 depends on what stands before it, by threes
		text := base64.StdEncoding.EncodeToString([]byte(before + secret))
		shapes = append(shapes, text[4:len(text)-4])
	}
	return shapes
}

// Check fails a test if a text, which has this name, has the canary in it.
func Check(t *testing.T, name string, text []byte) {
	t.Helper()
	for _, shape := range Shapes(Canary) {
		if at := bytes.Index(text, []byte(shape)); at >= 0 {
			t.Errorf("%s has the secret: %q", name, text[max(at-100, 0):at+len(shape)])
		}
	}
}
