package format

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
)

func TestLongLines(t *testing.T) {
	of := func(n int) string { return "http://h/" + strings.Repeat("x", n-len("http://h/")) }
	for _, end := range []string{"\n", "\r\n"} {
		text := of(maxLine) + end + of(maxLine+1) + end + of(5*maxLine) + end + "http://h/ok" + end + of(maxLine+2)
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(text), "halves": iotest.HalfReader(strings.NewReader(text)),
			"with EOF": iotest.DataErrReader(strings.NewReader(text)),
		} {
			d := &Reader{input: &Input{Name: "x", Format: linesFormat}, source: r}
			var got []string
			for {
				err := d.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					got = append(got, err.Error())
					continue
				}
				var req fetcher.Request
				d.Fill(&req)
				got = append(got, fmt.Sprint(len(req.URL)))
			}
			const long = ": the line is longer than 1 MiB; put each URL on a line of its own"
			if diff := cmp.Diff([]string{"1048576", "x:2" + long, "x:3" + long, "11", "x:5" + long}, got); diff != "" {
				t.Errorf("%s, %q: %s", name, end, diff)
			}
		}
	}
}
