package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/spec"
)

func defineSuccess(f *spec.Keep) *pflag.FlagSet {
	success := pflag.NewFlagSet("", pflag.ContinueOnError)
	success.Var(&f.Accept, "accept", "statuses that count as success (default 200-299)")
	success.Var(&f.MissingOK, "missing-ok", "statuses that say that there is nothing, which is an answer, too: 404")
	success.StringArrayVar(&f.Expect, "expect", nil, "`JQ` expression that must hold for each body; repeatable")
	success.StringVar(&f.ExpectType, "expect-type", "", "`TYPE` that each body must be of: json, html, csv, or such as image/png")
	success.Var(&f.MaxBody, "max-body", "largest body, decoded: 500k, 64MiB; 0 means any (default 1GiB; 64MiB where a value is computed)")
	return success
}

func defineKeeping(f *spec.Keep) *pflag.FlagSet {
	keep := pflag.NewFlagSet("", pflag.ContinueOnError)
	keep.StringVarP(&f.Output, "output", "o", "", "keep bodies as files in `DIR`, or called as in 'out/{name}.json'; - prints them")
	keep.BoolVar(&f.Overwrite, "overwrite", false, "replace files that are there, instead of taking another name")
	keep.StringVar(&f.Fsync, "sync", "", "`WHEN` files and the journal are forced to the disk: always (default: when the system likes)")
	keep.BoolVar(&f.SHA256, "sha256", false, "put the SHA-256 of each body into the records")
	keep.StringVar(&f.Selected, "select", "", "`JQ` expression that takes a value, or an object's columns, from each body")
	keep.StringVar(&f.Split, "split", "", "`JQ` expression that takes a body to pieces, such as '.items[]'; --select then works on each")
	keep.StringArrayVar(&f.Fields, "fields", nil, "`COLUMNS` of csv, tsv and markdown beside the row's and the selected: status,latency_ms,url")
	keep.StringVar(&f.Exec, "exec", "", "`COMMAND` for sh -c that reads each body; what it prints is the value")
	keep.IntVar(&f.ExecJobs, "exec-jobs", 0, "`N` of them at once (default: as many as there are processors)")
	keep.Var(&f.ExecTimeout, "exec-timeout", "longest time for each of them")
	return keep
}

func defineList(f *spec.List) *pflag.FlagSet {
	list := pflag.NewFlagSet("", pflag.ContinueOnError)
	list.StringVar(&f.InputFormat, "input-format", "", "`FORMAT` of lists, if it is not to be guessed: "+strings.Join(format.Names(), " "))
	list.StringVar(&f.Rows, "rows", "", "`FILE` with a table (csv, tsv, json, jsonl, or a value a line): a request for each row, {column} in the URL, -H and what is sent standing for its cell")
	list.StringArrayVar(&f.Set, "set", nil, "`NAME=VALUES` for {NAME}: a,b,c or 1..100 or @file; repeatable: all combinations")
	list.StringVar(&f.Batch, "batch", "", "`COLUMN:N`: one request for N rows, {COLUMN} standing for their cells; --split and --key lead the answers back")
	list.BoolVar(&f.Dedupe, "dedupe", false, "send only once what the list has twice")
	list.BoolVar(&f.Cookies, "har-cookies", false, "send the cookies that a HAR file has")
	list.BoolVar(&f.SkipBad, "skip-bad", false, "make bad lines and rows requests that fail, and send the others")
	return list
}

func defineFollow(f *spec.Follow) *pflag.FlagSet {
	pages := pflag.NewFlagSet("", pflag.ContinueOnError)
	pages.BoolVar(&f.FollowPages, "follow-pages", false, "fetch what Link: rel=next names, too")
	pages.StringVar(&f.Next, "next", "", "`JQ` expression that gives the next page's URL; null or nothing is the end")
	pages.IntVar(&f.MaxPages, "max-pages", follow.DefaultMaxPages, "`N` pages of one request at most")
	pages.Var(&f.NextWait, "next-wait", "wait before each further page, which may then be the same again: polling")
	return pages
}

func defineWho(f *spec.Who) *pflag.FlagSet {
	who := pflag.NewFlagSet("", pflag.ContinueOnError)
	who.StringVarP(&f.Agent, "user-agent", "A", spec.OwnAgent, "`NAME` to go by")
	who.StringVar(&f.Contact, "contact", "", "`MAIL` address to add to it, for those who run the servers")
	who.StringVarP(&f.User, "user", "u", "", "`NAME:PASSWORD` for basic authentication")
	who.StringVar(&f.BearerEnv, "bearer-env", "", "`VARIABLE` of the environment with a bearer token")
	who.StringArrayVar(&f.HeaderEnv, "header-env", nil, "`NAME=VARIABLE`: a header with a value from the environment; repeatable")
	who.BoolVar(&f.Netrc, "netrc", false, "passwords from ~/.netrc")
	who.StringVar(&f.NetrcFile, "netrc-file", "", "passwords from `FILE`")
	who.StringArrayVar(&f.AuthHosts, "auth-host", nil, "`HOST[:PORT]` that the credentials are for (default: that of the first request); repeatable")
	who.StringArrayVar(&f.SecretNames, "secret", nil, "`NAME` of a header, a parameter or a column whose values are secret; repeatable")
	who.StringArrayVar(&f.SecretEnv, "secret-env", nil, "`VARIABLE` of the environment whose value stands for {VARIABLE} in URLs, -H and -d, and is shown nowhere; repeatable")
	return who
}

func defineBody(b *spec.Body, flags *pflag.FlagSet) {
	b.Read = &payload.Spec{}
	add := func(name, shorthand, usage string) { flags.VarP(&BodyFlag{name, b}, name, shorthand, usage) }
	add("data", "d", "`DATA` to POST, or @file; repeatable, joined by &")
	add("data-raw", "", "`DATA` to POST; an @ is one")
	add("data-binary", "", "`DATA` to POST, or @file: the same as -d")
	add("data-urlencode", "", "`DATA` to POST, form-encoded: text, =text, name=text, @file or name@file")
	add("json", "", "`JSON` to POST, or @file, with the Content-Type and Accept for it; repeatable, put together")
	add("form", "F", "`FIELD` of a form to POST (multipart/form-data): name=text, name=@file or name=<file, then ;type= and ;filename=")
	add("form-string", "", "`FIELD` of it, name=text, in which @, < and ; are literal")
	add("upload-file", "T", "`FILE` to PUT; its name is added to a URL that ends in /")
	flags.BoolVarP(&b.ToQuery, "get", "G", false, "put what -d and the like give into the URL's query")
}

func defineJournal(f *spec.JournalFile, flags *pflag.FlagSet) {
	flags.StringVarP(&f.Journal, "journal", "j", "", "keep the record in `FILE`, so that fetch resume, retry and report can go on from it")
	flags.BoolVar(&f.Fresh, "fresh", false, "begin the journal anew where there is one")
}

func defineConnections(f *spec.Connections, flags *pflag.FlagSet) {
	flags.BoolVar(&f.Always, "disable-keepalive", false, "a new connection for each request")
	flags.IntVar(&f.Most, "connections", 0, "`N` connections to each host at the most; over HTTP/2 they share the requests, and become more only where the server takes no more on them")
}
