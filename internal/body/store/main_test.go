package store

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asChild is the variable of the environment that makes the test binary do something else than to test.
const asChild = "FETCH_SINK_TEST_CHILD"

// children are what it can do, by name.
var children = map[string]func() error{}

func TestMain(m *testing.M) {
	if name := os.Getenv(asChild); name != "" {
		if err := children[name](); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
