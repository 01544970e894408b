//go:build race

package fetcher_test

// underRace makes long lists shorter: the race detector slows them down tenfold.
const underRace = true
