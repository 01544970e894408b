package network

import (
	"testing"

	"example.com/fetch/internal/spec"
)

// FuzzNetwork: no text makes a parser of addresses panic.
func FuzzNetwork(f *testing.F) {
	for _, text := range []string{"a:80:127.0.0.1", "[::1]:8000", "=", "http://me:x@a.test:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parseResolve([]string{text})
		testserverAddress(text)
		newProxies(&spec.Spec{Proxy: text})
	})
}
