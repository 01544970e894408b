package main

import (
	"strings"

	loadoutput "example.com/fetch/internal/load/output"
)

// junitFormat is the one format that is made of the verdict alone.
const junitFormat = "junit"

// loadFormats are the formats that a load test can be reported in.
func loadFormats() []string { return append(loadoutput.Formats(), junitFormat) }

// loadFormatOf is the format that the name of a file asks for.
func loadFormatOf(name string) (string, bool) {
	if strings.HasSuffix(strings.ToLower(name), ".xml") {
		return junitFormat, true
	}
	return loadoutput.ByExtension(name)
}
