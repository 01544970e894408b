// Package testserver is a slow server to fetch from: answers that take as long as they are told to, two public APIs in
// miniature (PubChem's limits included), answers that fail a few times and then recover, and a record of what the
// server itself saw, against which a client's own numbers can be checked.
//
// A Handler is an http.Handler; Start runs one on a listener, with HTTP/2 over TLS if asked. Everything random is drawn
// from Options.Seed and the request, so that two runs see the same server. All state is bounded. Nothing leaves the
// machine, and nothing here is safe to show to the internet: anyone who can reach the server can make it wait.
//
//	GET /                        lists the paths
//	GET /{seconds}               waits and answers {"time_elapsed": 2}; /delay/{seconds} likewise
//	GET /sample?dist=lognormal&p50=200ms&p99=2s&size=10k&capacity=8
//	GET /status/{code}  /flaky/{key}/{n}  /bytes/{n}  /range/{n}  /redirect/{n}  /redirect-to?url=  /page/{n}  /etag/{tag}  /echo
//	GET /cursor?size=10&pages=5  /versioned/{name}  /sensor/{name}  /crawl/{n}
//	GET /limit/{name}/…?rate=5   or host {name}.limit.test: refuses what is too much, by any rule and in any dialect of
//	                             headers, and counts; /limit/ lists what can be set
//	GET /fault/{name}            one thing that goes wrong, or that a hostile server would do; /fault/ lists them
//	GET /fingertips/api/…        or host fingertips.test: English public health data, slow
//	GET /pubchem/rest/pug/…      or host pubchem.test: compounds and their properties, with a limiter per client
//	                             and searches by formula that must be polled
//	GET /__truth                 what the server saw; DELETE it, or POST /__truth/reset, to begin anew
//
// A client is told apart by its X-Client header, else by its address. A server must not follow a client into waiting
// for ever, so every handler watches the request's context.
package testserver
