package run

import (
	"fmt"
	"iter"
	"regexp"
	"strings"

	"example.com/fetch/fetcher"
)

// variable is what in a URL would stand for a value, if there were any.
var variable = regexp.MustCompile(`\{[+#./;?&]?([A-Za-z_][A-Za-z0-9_.]*)[*]?\}`)

// warnUnfilled warns, once, of a variable in a URL that is sent as it stands there, since nothing says what it stands for.
func (j *job) warnUnfilled(reqs iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	if j.flags.Quiet || j.flags.List.Templated() {
		return reqs
	}
	return whenRead(reqs, func(req *fetcher.Request) {
		if strings.IndexByte(req.URL, '{') < 0 {
			return
		}
		if found := variable.FindStringSubmatch(req.URL); found != nil {
			j.unfilled.Do(func() {
				j.warn(fmt.Sprintf("request %d: %s is sent as it stands there, since there is no --rows or --set; to fill it in: --rows FILE, or --set %s=VALUES",
					req.Seq, found[0], found[1]))
			})
		}
	})
}

// warnUnused warns of a --set whose variable is used nowhere: not in what is sent, nor in names of files, nor by --key.
func (j *job) warnUnused() {
	for _, name := range j.list.UnusedSets() {
		if !j.flags.Quiet && !strings.Contains(j.flags.Output, "{"+name+"}") && j.extractor.Key.Column != name {
			j.warn(fmt.Sprintf("--set %s: {%[1]s} is used nowhere, so that each of its values sends the same again", name))
		}
	}
}
