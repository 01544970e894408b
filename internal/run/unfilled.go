package run

import (
	"fmt"
	"strings"
)

// warnUnfilled warns of a variable in a URL that is sent as it stands there, since nothing says what it stands for.
func (j *job) warnUnfilled(variable string) {
	if !j.flags.Quiet {
		j.warn(fmt.Sprintf("{%s} in a URL is sent as it stands there, since there is no --rows or --set; to fill it in: --rows FILE, or --set %[1]s=VALUES", variable))
	}
}

// warnUnused warns of a --set whose variable is used nowhere: not in what is sent, nor in names of files, nor by --key.
func (j *job) warnUnused() {
	for _, name := range j.list.UnusedSets() {
		if !j.flags.Quiet && !strings.Contains(j.flags.Output, "{"+name+"}") && j.extractor.Key.Column != name {
			j.warn(fmt.Sprintf("--set %s: {%[1]s} is used nowhere, so that each of its values sends the same again", name))
		}
	}
}
