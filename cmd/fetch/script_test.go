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
	if filepath.Base(os.Args[0]) != "fetch" { // the tests themselves, and not the program that they start
		for name, folder := range ownFolders(filepath.Join(os.TempDir(), "fetch-tests-have-no-home")) { // which is not there
			os.Setenv(name, folder)
		}
	}
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
			for name, folder := range ownFolders(env.WorkDir) {
				env.Setenv(name, folder)
			}
			env.Values[scriptState{}] = &scriptState{t: t}
			return err
		},
	})
}

// ownFolders are the variables that name the folders of the user's own files: no test reads those of whoever runs it.
func ownFolders(root string) map[string]string {
	return map[string]string{
		"HOME": root, "XDG_CONFIG_HOME": filepath.Join(root, ".config"), "XDG_CACHE_HOME": filepath.Join(root, ".cache"),
		"AppData": root, "LocalAppData": root,
	}
}

// raceOptions keeps the race detector from holding up the end of each process by a second.
func raceOptions() string {
	return strings.TrimSpace(os.Getenv("GORACE") + " atexit_sleep_ms=10")
}
