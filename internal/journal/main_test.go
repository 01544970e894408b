package journal

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asChild is the variable of the environment that makes the test binary do something else than to test.
const asChild = "FETCH_JOURNAL_TEST_CHILD"

// children are what it can do, by name, with its arguments.
var children = map[string]func(args []string) error{}

func TestMain(m *testing.M) {
	if name := os.Getenv(asChild); name != "" {
		if err := children[name](os.Args[1:]); err != nil {
			os.Stdout.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
