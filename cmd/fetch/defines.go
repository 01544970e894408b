package main

import (
	"strings"

	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/payload"
	"example.com/fetch/internal/source"
	"github.com/spf13/pflag"
)

func defineSuccess(f *keepFlags) *pflag.FlagSet {
	success := pflag.NewFlagSet("", pflag.ContinueOnError)
	success.Var(&f.accept, "accept", "statuses that count as success (default 200-299)")
	success.Var(&f.missingOK, "missing-ok", "statuses that say that there is nothing, which is an answer, too: 404")
	success.StringArrayVar(&f.expect, "expect", nil, "`JQ` expression that must hold for each body; repeatable")
	success.StringVar(&f.expectType, "expect-type", "", "`TYPE` that each body must be of: json, html, csv, or such as image/png")
	success.Var(&f.maxBody, "max-body", "largest body, decoded: 500k, 64MiB; 0 means any (default 1GiB; 64MiB where a value is computed)")
	return success
}

func defineKeeping(f *keepFlags) *pflag.FlagSet {
	keep := pflag.NewFlagSet("", pflag.ContinueOnError)
	keep.StringVarP(&f.output, "output", "o", "", "keep bodies as files in `DIR`, or called as in 'out/{name}.json'; - prints them")
	keep.BoolVar(&f.overwrite, "overwrite", false, "replace files that are there, instead of taking another name")
	keep.StringVar(&f.fsync, "sync", "", "`WHEN` files and the journal are forced to the disk: always (default: when the system likes)")
	keep.BoolVar(&f.sha256, "sha256", false, "put the SHA-256 of each body into the records")
	keep.StringVar(&f.selected, "select", "", "`JQ` expression that takes a value, or an object's columns, from each body")
	keep.StringVar(&f.split, "split", "", "`JQ` expression that takes a body to pieces, such as '.items[]'; --select then works on each")
	keep.StringArrayVar(&f.fields, "fields", nil, "`COLUMNS` of csv, tsv and markdown beside the row's and the selected: status,latency_ms,url")
	keep.StringVar(&f.exec, "exec", "", "`COMMAND` for sh -c that reads each body; what it prints is the value")
	keep.IntVar(&f.execJobs, "exec-jobs", 0, "`N` of them at once (default: as many as there are processors)")
	keep.Var(&f.execTimeout, "exec-timeout", "longest time for each of them")
	return keep
}

func defineList(f *listFlags) *pflag.FlagSet {
	list := pflag.NewFlagSet("", pflag.ContinueOnError)
	list.StringVar(&f.inputFormat, "input-format", "", "`FORMAT` of lists, if it is not to be guessed: "+strings.Join(source.Formats(), " "))
	list.StringVar(&f.rows, "rows", "", "`FILE` with a table (csv, tsv, json, jsonl, or a value a line): a request for each row, {column} in the URL, -H and what is sent standing for its cell")
	list.StringArrayVar(&f.set, "set", nil, "`NAME=VALUES` for {NAME}: a,b,c or 1..100 or @file; repeatable: all combinations")
	list.StringVar(&f.batch, "batch", "", "`COLUMN:N`: one request for N rows, {COLUMN} standing for their cells; --split and --key lead the answers back")
	list.BoolVar(&f.dedupe, "dedupe", false, "send only once what the list has twice")
	list.BoolVar(&f.cookies, "har-cookies", false, "send the cookies that a HAR file has")
	list.BoolVar(&f.skipBad, "skip-bad", false, "make bad lines and rows requests that fail, and send the others")
	return list
}

func defineFollow(f *followFlags) *pflag.FlagSet {
	pages := pflag.NewFlagSet("", pflag.ContinueOnError)
	pages.BoolVar(&f.links, "follow-pages", false, "fetch what Link: rel=next names, too")
	pages.StringVar(&f.next, "next", "", "`JQ` expression that gives the next page's URL; null or nothing is the end")
	pages.IntVar(&f.maxPages, "max-pages", follow.DefaultMaxPages, "`N` pages of one request at most")
	pages.Var(&f.wait, "next-wait", "wait before each further page, which may then be the same again: polling")
	return pages
}

func defineWho(f *whoFlags) *pflag.FlagSet {
	who := pflag.NewFlagSet("", pflag.ContinueOnError)
	who.StringVarP(&f.agent, "user-agent", "A", ownAgent, "`NAME` to go by")
	who.StringVar(&f.contact, "contact", "", "`MAIL` address to add to it, for those who run the servers")
	who.StringVarP(&f.user, "user", "u", "", "`NAME:PASSWORD` for basic authentication")
	who.StringVar(&f.bearerEnv, "bearer-env", "", "`VARIABLE` of the environment with a bearer token")
	who.StringArrayVar(&f.headerEnv, "header-env", nil, "`NAME=VARIABLE`: a header with a value from the environment; repeatable")
	who.BoolVar(&f.netrc, "netrc", false, "passwords from ~/.netrc")
	who.StringVar(&f.netrcFile, "netrc-file", "", "passwords from `FILE`")
	who.StringArrayVar(&f.authHosts, "auth-host", nil, "`HOST[:PORT]` that the credentials are for (default: that of the first request); repeatable")
	who.StringArrayVar(&f.secretNames, "secret", nil, "`NAME` of a header, a parameter or a column whose values are secret; repeatable")
	who.StringArrayVar(&f.secretEnv, "secret-env", nil, "`VARIABLE` of the environment whose value stands for {VARIABLE} in URLs, -H and -d, and is shown nowhere; repeatable")
	return who
}

func defineBody(b *bodyFlags, flags *pflag.FlagSet) {
	b.read = &payload.Spec{}
	add := func(name, shorthand, usage string) { flags.VarP(&bodyFlag{name, b}, name, shorthand, usage) }
	add("data", "d", "`DATA` to POST, or @file; repeatable, joined by &")
	add("data-raw", "", "`DATA` to POST; an @ is one")
	add("data-binary", "", "`DATA` to POST, or @file: the same as -d")
	add("data-urlencode", "", "`DATA` to POST, form-encoded: text, =text, name=text, @file or name@file")
	add("json", "", "`JSON` to POST, or @file, with the Content-Type and Accept for it; repeatable, put together")
	add("form", "F", "`FIELD` of a form to POST (multipart/form-data): name=text, name=@file or name=<file, then ;type= and ;filename=")
	add("form-string", "", "`FIELD` of it, name=text, in which @, < and ; are literal")
	add("upload-file", "T", "`FILE` to PUT; its name is added to a URL that ends in /")
	flags.BoolVarP(&b.toQuery, "get", "G", false, "put what -d and the like give into the URL's query")
}

func defineJournal(f *journalFlags, flags *pflag.FlagSet) {
	flags.StringVarP(&f.journal, "journal", "j", "", "keep the record in `FILE`, so that fetch resume, retry and report can go on from it")
	flags.BoolVar(&f.fresh, "fresh", false, "begin the journal anew where there is one")
}

func defineConnections(f *connectionFlags, flags *pflag.FlagSet) {
	flags.BoolVar(&f.always, "disable-keepalive", false, "a new connection for each request")
	flags.IntVar(&f.most, "connections", 0, "`N` connections to each host at the most; over HTTP/2 they share the requests, and become more only where the server takes no more on them")
}
