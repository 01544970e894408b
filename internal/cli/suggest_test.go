package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/spec"
)

// TestForeignFlags: what is suggested exists, what it is suggested for does not beside it, and every name has its effect.
func TestForeignFlags(t *testing.T) {
	command := func(groups ...Group) *pflag.FlagSet {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		for _, g := range groups {
			flags.AddFlagSet(g.Flags)
		}
		return flags
	}
	others := group("", "", func(g *pflag.FlagSet) { // of serve, diff and report
		for _, name := range []string{"listen", "fail-if", "where", "failed", "format", "report"} {
			g.String(name, "", "")
		}
	})
	commands := []*pflag.FlagSet{command(NewFlags().Groups...), command(LoadGroups(&spec.Load{})...), command(others)}
	for _, row := range foreign {
		ours, _, _ := strings.Cut(row.ours, "=")
		for name := range strings.FieldsSeq(row.names) {
			found := slices.ContainsFunc(commands, func(flags *pflag.FlagSet) bool {
				return flags.Lookup(ours) != nil && lookup(flags, name) == nil
			})
			if !found {
				t.Errorf("%s: no command has --%s and not this", name, ours)
			}
		}
	}
	for _, flags := range commands {
		AddAliases(flags)
		for _, row := range foreign {
			for name := range strings.FieldsSeq(row.names) {
				if f := flags.Lookup(name); row.same && flags.Lookup(strings.Split(row.ours, "=")[0]) != nil && f == nil {
					t.Errorf("--%s is not taken", name)
				}
				if said := instructed(flags, name); said != "" && len(name) > 1 && flags.Lookup(name) != nil && flags.Lookup(name).Hidden {
					t.Errorf("%s is taken, and would be said: %s", name, said)
				}
			}
		}
	}
}

// TestNearestFlag: a flag is suggested for what was mistyped, and not for what is something else.
func TestNearestFlag(t *testing.T) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range NewFlags().Groups {
		flags.AddFlagSet(g.Flags)
	}
	for name, want := range map[string]string{
		"concurency": "concurrency", "time-out": "timeout", "timeuot": "timeout", "ratehost": "rate-host", "conn": "connect-timeout",
		"retires": "retries", "overwrit": "overwrite",
		"watch": "", "ext": "", "http2": "", "csv": "", "max": "", "fort": "for", "xyzzy": "",
	} {
		if got := nearestFlag(flags, name); got != want {
			t.Errorf("--%s: %q, want %q", name, got, want)
		}
	}
}

// TestAliases: what is given by another name is given to the flag itself, once and in its place, and nothing else knows of it.
func TestAliases(t *testing.T) {
	flags := NewFlags()
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range flags.Groups {
		all.AddFlagSet(g.Flags)
	}
	AddAliases(all)
	err := all.Parse([]string{"--workers", "3", "--rps=7", "--no-color", "--no-progress=false", "--no-check-certificate", "--jq", ".x", "--post-data", "@a"})
	if err != nil {
		t.Fatal(err)
	}
	var given []string
	for _, v := range flags.Parsed().Given {
		given = append(given, v.Name+" "+v.Value)
	}
	if got, want := strings.Join(given, ","), "concurrency 3,rate 7,data-raw @a,insecure true,select .x,color never"; got != want {
		t.Errorf("given: %s, want %s", got, want)
	}
	for _, wrong := range []string{"--workers=many", "--no-color=5", "--rps=fast"} {
		if err := all.Parse([]string{wrong}); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
