package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/run"
)

// helped is what the program prints, which is all that it prints.
func helped(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := execute(t.Context(), args, nil, &out, &errs); code != exit.OK || errs.Len() > 0 {
		t.Fatalf("fetch %q: exit code %d, standard error %q", args, code, errs.String())
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("fetch %q: %d columns: %s", args, n, line)
		}
	}
	return out.String()
}

// flagLine is the first line about a flag.
var flagLine = regexp.MustCompile(`(?m)^(?:      |  -\w, )--([\w-]+)(?:[ [].*)?$`)

// listed are the flags that a help text lists.
func listed(text string) (names []string) {
	for _, found := range flagLine.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names
}

// flagsOf are the flags of a command that it does not hide.
func flagsOf(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// TestShortHelp: -h is one screen of every command, and lists flags that there are.
func TestShortHelp(t *testing.T) {
	root, _ := newRoot(run.Streams{})
	for _, cmd := range append(root.Commands(), root) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "-h")
		text := helped(t, args...)
		if n := strings.Count(text, "\n"); n > 40 {
			t.Errorf("fetch %q: %d lines", args, n)
		}
		for _, name := range listed(text) {
			if name != "help" && cmd.Flags().Lookup(name) == nil {
				t.Errorf("fetch %q lists --%s, which there is not", args, name)
			}
		}
	}
	if n := len(listed(helped(t, "-h"))); n != 12 {
		t.Errorf("fetch -h lists %d flags", n)
	}
}

// TestHelpTellsOfEveryFlag: --help has each flag of fetch, of load tests and of sweeps once.
func TestHelpTellsOfEveryFlag(t *testing.T) {
	root, _ := newRoot(run.Streams{})
	for _, name := range []string{"", "load", "sweep", "report"} {
		cmd, _, err := root.Find(strings.Fields(name))
		if err != nil {
			t.Fatal(err)
		}
		told := listed(helped(t, append(strings.Fields(name), "--help")...))
		for _, flag := range flagsOf(cmd) {
			rest := slices.DeleteFunc(slices.Clone(told), func(one string) bool { return one == flag })
			if n := len(told) - len(rest); n != 1 && flag != "help" {
				t.Errorf("fetch %s --help lists --%s %d times", name, flag, n)
			}
		}
	}
}

// TestTopics: every topic exists and has something to say; every flag of fetch stands in exactly one of them, and every flag that
// load tests alone have in that of load tests.
func TestTopics(t *testing.T) {
	root, _ := newRoot(run.Streams{})
	_, rest, _ := strings.Cut(helped(t, "help"), "Topics (fetch help TOPIC):\n")
	told := map[string][]string{} // by flag
	var topics []string
	for line := range strings.Lines(rest) {
		topic := strings.Fields(line)[0]
		topics = append(topics, topic)
		text := helped(t, "help", topic)
		if strings.Count(text, "\n") < 5 {
			t.Errorf("fetch help %s says little: %s", topic, text)
		}
		for _, flag := range listed(text) {
			if topic != "report" { // which has those of the command
				told[flag] = append(told[flag], topic)
			}
		}
	}
	for _, topic := range strings.Fields("list limits retries auth network success output pages load fields jq exit-codes formats report") {
		if !slices.Contains(topics, topic) {
			t.Errorf("there is no topic %s", topic)
		}
		if !strings.Contains(helped(t, "-h"), " "+topic) {
			t.Errorf("fetch -h does not name the topic %s", topic)
		}
	}
	of := flagsOf(root)
	for _, flag := range of {
		in := slices.DeleteFunc(slices.Clone(told[flag]), func(topic string) bool { return topic == "load" })
		if len(in) != 1 && flag != "help" && flag != "version" {
			t.Errorf("--%s is in the topics %q", flag, in)
		}
	}
	load, _, _ := root.Find([]string{"load"})
	for _, flag := range flagsOf(load) {
		if !slices.Contains(of, flag) && !slices.Equal(told[flag], []string{"load"}) {
			t.Errorf("--%s of fetch load is in the topics %q", flag, told[flag])
		}
	}
}
