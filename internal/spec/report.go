package spec

import (
	"slices"

	"example.com/fetch/internal/journal"
)

// ReportFlags are the flags of a run that a report of it takes, too.
var ReportFlags = []string{"format", "no-results", "report", "csv-safe", "csv-raw", "color", "quiet", "fields", "ordered"}

// ReportedAs is a run with the flags that shape its reports, but not those that say where they went.
func ReportedAs(run *journal.Leg) *journal.Leg {
	again := *run
	again.Again = nil
	again.Flags = slices.DeleteFunc(slices.Clone(run.Flags), func(f journal.Flag) bool {
		return f.Name != "fields" && f.Name != "csv-safe" && f.Name != "ordered" && slices.Contains(ReportFlags, f.Name)
	})
	return &again
}
