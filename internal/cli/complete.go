package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/threshold"
)

// choices are the values that flags have by name.
var choices = map[string][]string{
	"progress": {"auto", "bar", "plain", "json", "none"},
	"color":    {"auto", "always", "never"}, "cookies": {spec.DefaultCookies, "run", "none"},
	"arrivals": {spec.ConstantArrivals, "poisson"}, "sync": {"always"}, "input-format": format.Names(), "concurrency": {"auto"},
	"expect-type": {"json", "html", "xml", "csv", "text", "image", "audio", "video", "pdf"},
	"request":     {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
	"fail-if":     {"p95>+10%", "p99>+10%", "p95.ok>+20ms", "failed>+0"},
}

// files are what stands for values that may be names of files.
var files = []string{"FILE", "DIR", "DATA", "JSON", "FIELD", "LINE", "NAME=VALUES"}

// AddCompletions has the flags and arguments of all commands completed, and takes the marks out of the texts that shells show.
func (p *Program) AddCompletions() {
	for cmd, c := range p.of {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
		if strings.Contains(c.Arguments, "SOURCE") || strings.Contains(c.Arguments, "JOURNAL") || c.Arguments == "A B" {
			cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return nil, cobra.ShellCompDirectiveDefault // files: without this, a command that has others gets none
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(f)
			if f.Name != "format" && slices.Contains(files, value) || f.Hidden {
				return
			}
			// Commands share flags, of which cobra takes the first function: it asks whose they are.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
				return completed(f.Name, typed, p.of[cmd].Formats)
			})
		})
	}
	for cmd := range p.of {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if _, text, ok := strings.Cut(strings.TrimPrefix(f.Usage, "`"), "` "); ok && f.Usage[0] == '`' {
				f.Usage = text
			}
		})
	}
}

// completed is what a value of a flag may become.
func completed(flag, typed string, formats []string) ([]string, cobra.ShellCompDirective) {
	const none, open = cobra.ShellCompDirectiveNoFileComp, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	switch flag {
	case "format":
		if formats == nil {
			formats = report.Formats()
		}
		return formats, none
	case "fields":
		return further(typed, report.FieldNames(), fieldTexts), open
	case "retry-on":
		return further(typed, append([]string{"429", "5xx", "4xx"}, classes()...), nil), open
	case "class":
		return further(typed, append([]string{"4xx", "5xx"}, classes()...), nil), open
	case "accept", "missing-ok", "status":
		return further(typed, []string{"200-299", "304", "404", "410", "429", "4xx", "5xx"}, nil), open
	case "threshold":
		if typed = strings.TrimLeft(typed, " "); strings.ContainsAny(typed, "<>") {
			return nil, none
		}
		return threshold.Examples(), open
	case "preset":
		host, _, ok := strings.Cut(typed, "=")
		var names []string
		for _, preset := range policy.List().Presets {
			if ok {
				preset.Name = host + "=" + preset.Name
			}
			names = append(names, preset.Name)
		}
		return names, none
	}
	return choices[flag], none
}

// classes are the error classes, and what stands for all timeouts.
func classes() []string {
	names := []string{"timeout"}
	for _, k := range fetcher.Kinds() {
		names = append(names, k.String())
	}
	return names
}

// further is a list between commas with each of the names that may come next.
func further(typed string, names []string, texts map[string]string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	given := strings.Split(before, ",")
	var all []string
	for _, name := range names {
		if slices.Contains(given, name) {
			continue
		}
		if text := texts[name]; text != "" {
			name += "\t" + text
		}
		all = append(all, before+name)
	}
	return all
}
