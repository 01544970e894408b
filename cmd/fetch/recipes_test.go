package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/exit"
)

// recipe is a block of commands in a page, as printed.
type recipe struct {
	line     int
	commands string
	kind     string // of the block that follows at once: csv, json, ndjson or text; empty: none
	output   string // what that block shows
	exit     int    // from a comment "exits N" on the last line of the block
}

var exitsComment = regexp.MustCompile(`# .*\bexits (\d+)`)

// recipesOf are the blocks of shell commands in a page. One that is followed by a block of csv, json or ndjson, and nothing
// else between them, must print exactly that; one followed by a block of text something that looks like it.
func recipesOf(t *testing.T, name, page string) []recipe {
	var all []recipe
	lines := strings.Split(page, "\n")
	open := false // the last recipe may still get an output
	for i := 0; i < len(lines); i++ {
		kind, ok := strings.CutPrefix(lines[i], "```")
		if !ok {
			open = open && strings.TrimSpace(lines[i]) == ""
			continue
		}
		start := i + 1
		for i = start; i < len(lines) && lines[i] != "```"; i++ {
		}
		text := strings.Join(lines[start:i], "\n") + "\n"
		switch kind {
		case "sh":
			r := recipe{line: start + 1, commands: text}
			for n, line := range lines[start:i] {
				m := exitsComment.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				if n != i-start-1 {
					t.Errorf("%s:%d: only the last command of a block may fail", name, start+1+n)
				}
				r.exit, _ = strconv.Atoi(m[1])
			}
			all, open = append(all, r), true
		case "csv", "json", "ndjson", "text":
			if open {
				all[len(all)-1].kind, all[len(all)-1].output = kind, text
			}
			open = false
		default:
			open = false
		}
	}
	return all
}

// real begins a block whose commands would leave the machine.
const real = "# real: "

// TestRecipes runs every block of commands in the pages as it is printed, each in a folder of its own that has testdata. Of
// commands for real servers it asks what they would send, which needs no network.
func TestRecipes(t *testing.T) {
	for _, page := range []string{"README.md", "docs/recipes.md"} {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		ran := 0
		for _, r := range recipesOf(t, page, string(text)) {
			if strings.Contains(r.commands, "make ") {
				continue // the set-up, which is what has brought us here
			}
			if strings.HasPrefix(r.commands, real) {
				r.commands = regexp.MustCompile(`(?m)^fetch `).ReplaceAllString(r.commands, "fetch plan ")
			} else if strings.Contains(r.commands, "https://") {
				t.Errorf("%s:%d: commands for real servers begin with %q", page, r.line, real)
			}
			ran++
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(page), r.line), func(t *testing.T) {
				t.Parallel()
				runRecipe(t, page, r)
			})
		}
		if ran == 0 {
			t.Errorf("%s has no recipes", page)
		}
	}
}

func runRecipe(t *testing.T, page string, r recipe) {
	folder := t.TempDir()
	lists, err := filepath.Glob("../../testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "testdata"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "testdata", filepath.Base(list)), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, exit := inShell(t, folder, r.commands)
	if exit != r.exit {
		t.Errorf("%s:%d exits with %d, want %d:\n%s\n%s%s", page, r.line, exit, r.exit, r.commands, stdout, stderr)
	}
	got, want := stdout, r.output
	if r.kind == "text" {
		got, want = looks(got), looks(want)
	}
	if r.kind != "" && got != want {
		t.Errorf("%s:%d prints\n%s\nwhich is not what the page shows:\n%s\n%s", page, r.line, got, want, stderr)
	}
}

// inShell runs commands, up to the first that fails.
func inShell(t *testing.T, folder, commands string) (stdout, stderr string, exit int) {
	t.Helper()
	return inFolder(t, folder, "bash", "-e", "-c", commands)
}

// inFolder runs a program in a folder.
func inFolder(t *testing.T, folder string, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GORACE="+raceOptions(), "TMPDIR="+t.TempDir())
	cmd.WaitDelay = time.Minute
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		exit = e.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), exit
}

var (
	anyNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)?( ?(ns|µs|ms|s|m|B|kB|MB|x)\b)?`)
	anySpace  = regexp.MustCompile(`[ \t\n]+`)
)

// looks is what a report looks like, whatever its times and sizes are, and wherever its lines break.
func looks(text string) string {
	return strings.TrimSpace(anySpace.ReplaceAllString(anyNumber.ReplaceAllString(text, "N"), " "))
}

// onTerminal is a report without what a terminal of 80 columns has no room for: a column that says nothing, and the points
// where its lines break.
func onTerminal(text string) string {
	text = regexp.MustCompile(`(?m)\s+(WAITED|[·-])(\s)`).ReplaceAllString(text, "$2")
	return looks(text)
}

// TestPicture: the output that the README shows first is what `make run` prints on a terminal, but for its times.
func TestPicture(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^run:.*\n\t\./bin/(fetch .*)$`).FindStringSubmatch(string(makefile))
	picture := regexp.MustCompile("(?s)```text\n(.*?)```").FindStringSubmatch(string(readme))
	if command == nil || picture == nil {
		t.Fatal("there is no `make run`, or no picture of what it prints")
	}
	folder, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := inShell(t, folder, command[1])
	if code != exit.OK || onTerminal(stdout) != onTerminal(picture[1]) {
		t.Errorf("%s exits with %d and prints\n%s%s\nwhich does not look like what the README shows:\n%s", command[1], code, stdout, stderr, picture[1])
	}
}
