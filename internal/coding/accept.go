package coding

// What is asked for. A zstd body takes a third of the time that a gzip one takes to decode, and the server less than that to
// make, but up to 8 MiB of memory while it is received. br is decoded and not asked for: it is as slow as gzip to decode, at
// the levels that are fast enough to be made for each response it is hardly smaller, and where a server has it at its
// default level, 11, it takes 70 times as long to make. Both are shared by all requests, since nobody writes to them.
var (
	Accept      = []string{"gzip, zstd"}
	AcceptSmall = []string{"gzip"} // where there are so many connections that their memory counts
)
