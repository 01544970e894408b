// Fetch takes a list of HTTP requests and carries them out concurrently, as fast as their servers allow and no faster,
// and tells what happened.
//
//	fetch [flags] SOURCE...
//	fetch serve
//
// A SOURCE is a file with a request on each line, a URL, or - for standard input. On a line, the URL begins at the first
// http:// or https://; what precedes it is the request's name. Lines that begin with # are comments.
//
// Standard output carries the report (-f table, json, ndjson, csv, tsv or markdown) and nothing else; progress, warnings
// and errors go to standard error. The exit code is 0 if every request succeeded, 3 if one failed, 2 for bad usage or an
// unreadable list, 7 if the run ended before its time, 1 for a fault of our own, and 128 + n for signal n.
//
// "fetch -h" lists the flags, "fetch help report" defines every number of the report.
package main
