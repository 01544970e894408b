//go:build race

package measure

// underRace makes long lists shorter: the race detector slows them down tenfold.
const underRace = true
