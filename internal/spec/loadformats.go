package spec

import (
	"strings"

	"example.com/fetch/internal/report"
)

// JunitFormat is the one format that is made of the verdict alone.
const JunitFormat = "junit"

// LoadFormats are the formats that a load test can be reported in.
func LoadFormats() []string { return append(report.LoadFormats(), JunitFormat) }

// LoadFormatOf is the format that the name of a file asks for.
func LoadFormatOf(name string) (string, bool) {
	if strings.HasSuffix(strings.ToLower(name), ".xml") {
		return JunitFormat, true
	}
	return report.LoadByExtension(name)
}
