package main

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the program available to scripts, and to tests that start it themselves, as the command fetch.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // the scripts wait for slow answers, and work little; -parallel on the command line holds
	testscript.Main(inOwnFolders{m}, map[string]func(){"fetch": func() {
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

// inOwnFolders runs tests so that they, and the programs that they start, use a temporary folder in the place of the user's.
type inOwnFolders struct{ m *testing.M }

func (t inOwnFolders) Run() int {
	dir, err := os.MkdirTemp("", "fetch-user-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for name, folder := range ownFolders(dir) {
		os.Setenv(name, folder)
	}
	return t.m.Run()
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

// TestFoldersOfTheUser: what programs under test keep of hosts is in no folder of the user's.
func TestFoldersOfTheUser(t *testing.T) {
	for _, folder := range []func() (string, error){os.UserCacheDir, os.UserConfigDir, os.UserHomeDir} {
		dir, err := folder()
		if err != nil || !strings.Contains(dir, "fetch-user-") {
			t.Error(dir, err)
		}
	}
	server, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	defer server.stop()
	url := "http://" + server.addr + "/limit/ours/{n}?rate=2/100ms"
	if out, err := exec.Command("fetch", "-c", "10", "--set", "n=1..10", url).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cache, _ := os.UserCacheDir()
	if files, err := filepath.Glob(filepath.Join(cache, "fetch", "hosts", "*.json")); len(files) != 1 {
		t.Error(files, err)
	}
}
