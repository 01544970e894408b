package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime/debug"
)

// gcPercent trades memory that a run hardly uses for a good part of the garbage collector's time. GOGC, if set, holds.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log.SetOutput(io.Discard) // net/http prints there what servers send unasked
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
