// Fetch sends many HTTP requests in parallel and reports what succeeded, what failed, and why. It keeps to rate limits,
// and adapts to what each server takes.
//
//	fetch [flags] SOURCE...
//	fetch plan [flags] SOURCE...
//	fetch load [flags] SOURCE...
//	fetch sweep [flags] SOURCE...
//	fetch sync [flags] -o DIR SOURCE...
//	fetch serve [flags]
//
// A SOURCE is a file, a URL, or - for standard input. A file has a request on each line: the URL begins at the first
// http:// or https://, what precedes it is the request's name, and lines that begin with # are comments. Or it is a
// table with a column url (CSV, TSV, JSONL), targets of vegeta, an input file of aria2, a HAR file or a sitemap; which,
// is seen from its name and its first lines, or said with --input-format.
//
// With --rows FILE or --set NAME=VALUES a URL is a template, and each row makes a request: {column} stands for its cell,
// encoded as the place needs it, and {?a,b} and the like are those of RFC 6570. With --batch one request asks for many
// rows.
//
// Bodies are counted, and kept where a flag says so: -o in files or on standard output; --select the value that a jq
// expression takes; --exec what a program makes of them. --expect and --accept say what counts as success,
// --follow-pages and --next what further pages are fetched, -u, --netrc, --bearer-env and --header-env set credentials,
// which are sent only to their host.
//
// Fetch plan shows what would be sent, and sends nothing. Fetch load sends the list again and again as a load test: by -c
// users who wait for their responses, or at a --rate that does not depend on the server; response times count from when
// requests were due. Fetch sweep does so with several loads, and finds the saturation point. Fetch sync keeps a folder of
// downloads up to date. Fetch serve is a slow server to try all this on.
//
// Standard output carries the report (-f table, json, ndjson, csv, tsv or markdown), or with -o - the bodies, and nothing
// else; progress, warnings and errors go to standard error. The exit code is 0 if every request succeeded, 3 if one
// failed, 4 if a response was not as expected; "fetch help exit-codes" has the others.
//
// "fetch -h" lists the most used flags, "fetch --help" all of them, and "fetch help" commands and topics; "fetch help
// report" defines every number of the report.
package main
