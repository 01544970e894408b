package testserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"example.com/fetch/testserver"
)

// A server on a free port, and what it saw.
func ExampleStart() {
	s, err := testserver.Start(context.Background(), testserver.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	resp, err := http.Get(s.URL() + "/0.01")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
	fmt.Println(s.Handler.Truth(false).Total.Hops)
	// Output:
	// {"time_elapsed": 0.01}
	// 1
}

// The handler alone, without a socket and without waits of its own.
func ExampleNew() {
	h := testserver.New(testserver.Options{PubChemDelay: testserver.Delay{Max: -1}})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/pubchem/rest/pug/compound/name/ethanol/property/MolecularWeight/TXT", nil))
	fmt.Print(w.Body)
	// Output: 46.07
}
