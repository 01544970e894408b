package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// language is one that a page shows programs in.
type language struct {
	runs     []string       // the program that runs one, with what stands before its text
	library  *regexp.Regexp // what the text imports
	imported string         // a text that imports %s and nothing else
}

var languages = map[string]language{
	"sh":     {runs: []string{"bash", "-e", "-c"}},
	"python": {[]string{"python3", "-c"}, regexp.MustCompile(`(?m)^(?:import (?:json, )?|from )(\w+)`), "import %s"},
	"r":      {[]string{"Rscript", "--vanilla", "-e"}, regexp.MustCompile(`(?m)^library\((.+)\)`), "library(%s)"},
}

// missing is what is not there to run a text with; "" if all of it is.
func (l language) missing(t *testing.T, text string) string {
	if _, err := exec.LookPath(l.runs[0]); err != nil {
		return l.runs[0]
	}
	if l.library == nil {
		return ""
	}
	libraries := []string{}
	for _, m := range l.library.FindAllStringSubmatch(text, -1) {
		libraries = append(libraries, m[1])
	}
	if strings.Contains(text, ".plot(") {
		libraries = append(libraries, "matplotlib") // pandas draws with it
	}
	for _, library := range libraries {
		test := strings.ReplaceAll(l.imported, "%s", library)
		if exec.CommandContext(t.Context(), l.runs[0], append(l.runs[1:], test)...).Run() != nil {
			return library
		}
	}
	return ""
}

// TestPrograms runs the programs of the pages for other languages as they are printed, each page in one folder, from top to
// bottom: what the shell does there, and the programs whose libraries are on this machine. One that is followed by a block of csv
// or text must print exactly that.
func TestPrograms(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```\n(?:\n```(?:csv|text)\n(.*?)^```\n)?")
	for page, own := range map[string]string{"docs/python.md": "python", "docs/r.md": "r"} {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("../..", page))
			if err != nil {
				t.Fatal(err)
			}
			folder, programs := t.TempDir(), 0
			for _, at := range block.FindAllSubmatchIndex(text, -1) {
				name, program, want := string(text[at[2]:at[3]]), string(text[at[4]:at[5]]), ""
				if at[6] >= 0 {
					want = string(text[at[6]:at[7]])
				}
				if name == own {
					programs++
				}
				t.Run(strconv.Itoa(bytes.Count(text[:at[4]], []byte("\n"))+1), func(t *testing.T) {
					l, ok := languages[name]
					if !ok {
						t.Fatalf("%s: nobody runs %s:\n%s", page, name, program)
					}
					if library := l.missing(t, program); library != "" {
						t.Skip("there is no " + library)
					}
					stdout, stderr, exit := inFolder(t, folder, append(l.runs, program)...)
					if exit != 0 || want != "" && stdout != want {
						t.Errorf("%s: exit code %d:\n%s\nprints\n%s%s\nwant\n%s", page, exit, program, stdout, stderr, want)
					}
				})
			}
			if programs < 5 {
				t.Errorf("%s has %d programs", page, programs)
			}
		})
	}
}
