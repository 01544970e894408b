package report

import (
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// The elements of JUnit reports that every reader knows. Times are in seconds.
type (
	suites struct {
		XMLName xml.Name `xml:"testsuites"`
		counted
		Suite suite `xml:"testsuite"`
	}
	suite struct {
		counted
		Skipped   int        `xml:"skipped,attr"`
		Timestamp string     `xml:"timestamp,attr"`
		Cases     []testcase `xml:"testcase"`
		Output    string     `xml:"system-out,omitempty"`
	}
	counted struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Time     string `xml:"time,attr"`
	}
	testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Time    string   `xml:"time,attr"`
		Failure *failure `xml:"failure"`
	}
	failure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// class is the class name of the test cases: most readers show what precedes the last dot as the package.
const class = "fetch.load"

// junit writes a report for continuous integration: a test case for each of Summary.Checks, one that fails if
// threshold.Fails does, and one that fails if threshold.Unfinished does. Warnings are the output of the suite.
func junit(s *measure.LoadSummary, o Options) ([]byte, error) {
	wall := strconv.FormatFloat(s.Wall.Duration().Seconds(), 'f', 3, 64)
	unsent := "of " + units.Counted(s.Due, "request", "requests") + " that were due " + units.Counted(s.Unsent, "was", "were") + " never sent"
	if s.ShortOfUsers() {
		unsent += "; not all users could start"
	}
	all := counted{Name: "fetch load " + record.Printable(s.Asked.Target), Time: wall}
	cases := []testcase{
		newCase("requests", "requests", wall, !threshold.Fails(s, o.Limits), failureWords(s)),
		newCase("not_started", "not_started", "0", !threshold.Unfinished(s, o.Limits), unsent),
	}
	for _, c := range s.Checks {
		cases = append(cases, newCase("threshold", c.Threshold, "0", c.OK, c.Threshold+": "+c.Measured))
	}
	all.Tests = len(cases)
	for _, c := range cases {
		if c.Failure != nil {
			all.Failures++
		}
	}
	report := suites{counted: all, Suite: suite{
		counted: all, Timestamp: s.Started.UTC().Format("2006-01-02T15:04:05"), Cases: cases, Output: warnings(s),
	}}
	text, err := xml.MarshalIndent(report, "", "  ")
	return slices.Concat([]byte(xml.Header), text, []byte("\n")), err
}

// newCase returns a test case. Control characters, which XML does not allow, are escaped.
func newCase(kind, name, seconds string, ok bool, message string) testcase {
	c := testcase{Name: record.Printable(name), Class: class, Time: seconds}
	if !ok {
		message = record.Printable(message)
		c.Failure = &failure{Message: message, Type: kind, Text: message}
	}
	return c
}

// failureWords describes what failed, if anything did.
func failureWords(s *measure.LoadSummary) string {
	what := "no request succeeded: "
	switch {
	case s.OK > 0:
		what = "of " + units.Counted(s.Sent, "request", "requests") + " "
	case s.Sent == 0:
		return "nothing was sent"
	case s.Failed == 0:
		return "no request completed: " + units.Count(s.Cut) + " canceled"
	}
	words := []string{what + units.Count(s.Failed) + " failed"}
	for _, name := range slices.Sorted(maps.Keys(s.Classes)) {
		words = append(words, name+" "+units.Count(s.Classes[name]))
	}
	return strings.Join(words, ", ")
}

// warnings returns the warnings of the summary, one per line.
func warnings(s *measure.LoadSummary) string {
	var lines []string
	for _, w := range s.Warnings {
		lines = append(lines, "warning: "+record.Printable(w.Text))
	}
	return strings.Join(lines, "\n")
}
