package run

import (
	"cmp"
	"net/http"

	"example.com/fetch/internal/robots"
)

// keepToRobots has the engine, of which all else is set, keep to robots.txt.
func (j *listRun) keepToRobots() {
	j.robots = &robots.Keeper{
		Token: cmp.Or(robots.Token(j.agent), "fetch"), Header: http.Header{"User-Agent": {j.agent}, "Accept": {"*/*"}},
		Apply: j.who.ApplyToPage, Event: j.taught, Warn: j.warn,
	}
	j.robots.Attach(j.engine)
}
