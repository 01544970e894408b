package main

import "math"

// openFiles is how many connections the system lets this process have: it has no such limit.
func openFiles() int { return math.MaxInt32 }
