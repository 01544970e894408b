package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// warnUnfilled warns of a variable in a URL that has no value, so that it is sent literally.
func (j *job) warnUnfilled(variable string) {
	if !j.flags.Quiet {
		j.warn(fmt.Sprintf("{%s} in a URL is sent literally, because there is no --rows or --set; to fill it in: --rows FILE, or --set %[1]s=VALUES", variable))
	}
}

// warnUnused warns of what was given and is not used: the table, a --set (except in file names and --row-key),
// and a limit for a host that no request goes to, if the list can be read twice.
func (j *job) warnUnused(ctx context.Context) {
	if j.flags.Quiet {
		return
	}
	if !j.list.UsesTable() {
		j.warn(fmt.Sprintf("--rows %s: the requests use none of its columns, so every row sends the same requests", record.Printable(j.flags.Rows)))
	}
	for _, name := range j.list.UnusedSets() {
		if !strings.Contains(j.flags.Output, "{"+name+"}") && j.extractor.Key.Column != name {
			j.warn(fmt.Sprintf("--set %s: {%[1]s} is not used, so each of its values sends the same requests", name))
		}
	}
	if _, known := j.list.Total(); known {
		for _, flag := range j.unmetLimits(ctx) {
			j.warn(flag + ": no request of the list goes to it")
		}
	}
}

// unmetLimits returns, as flags, the limits for hosts that no request of the list goes to.
func (j *job) unmetLimits(ctx context.Context) []string {
	unmet := j.flags.LimitedHosts()
	if len(unmet) == 0 {
		return nil
	}
	for req := range j.list.Requests(ctx) {
		if req == nil || req.Err != nil {
			continue
		}
		host := web.HostOf(req.URL)
		maps.DeleteFunc(unmet, func(_ string, matches func(string) bool) bool { return matches(host) })
		if len(unmet) == 0 {
			return nil
		}
	}
	return slices.Sorted(maps.Keys(unmet))
}
