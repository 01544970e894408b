package main

import "math"

// openFiles is how many files, connections among them, the system lets this process have open: it has no such limit.
func openFiles() int { return math.MaxInt32 }
