package main

import (
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the program available to scripts, and to tests that start it themselves, as the command fetch.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // the scripts wait for slow answers, and work little; -parallel on the command line holds
	testscript.Main(m, map[string]func(){"fetch": func() {
		net.DefaultResolver = noNames()
		main()
	}})
}

// TestScripts runs testdata/script, a topic a file. Besides testscript's own commands there are those of scriptCommands.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Setup: func(env *testscript.Env) error {
			lists, err := filepath.Abs("../../testdata")
			env.Setenv("TESTDATA", lists)
			env.Setenv("GORACE", raceOptions())
			env.Values[scriptState{}] = &scriptState{t: t}
			return err
		},
	})
}

// raceOptions keeps the race detector from holding up the end of each process by a second.
func raceOptions() string {
	return strings.TrimSpace(os.Getenv("GORACE") + " atexit_sleep_ms=10")
}
