// Fetch takes a list of HTTP requests and carries them out concurrently, as fast as their servers allow and no faster,
// and tells what happened.
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
// --follow-pages and --next what further pages are fetched, -u, --netrc, --bearer-env and --header-env who asks; no
// credential goes to another host than its own.
//
// Fetch plan sends nothing, and tells what would be sent. Fetch load sends the list again and again as a load: -c users
// who wait for their answers, or a --rate that comes whatever the server does; its response times count from when
// requests were due. Fetch sweep does so with several loads, and finds the one that is too much. Fetch sync keeps a folder
// in step with the sources of its files. Fetch serve is a slow server to try all this on.
//
// Standard output carries the report (-f table, json, ndjson, csv, tsv or markdown), or with -o - the bodies, and nothing
// else; progress, warnings and errors go to standard error. The exit code is 0 if every request succeeded, 3 if one
// failed, 4 if an answer was not what was expected, 2 for bad usage or an unreadable list, 7 if the run ended before its
// time, 99 if a threshold of fetch load or a limit of fetch diff does not hold, 1 for a fault of our own, and 128 + n for
// signal n.
//
// "fetch -h" lists the flags, "fetch help report" defines every number of the report.
package main
