package layout

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/units"
)

// Names go first, then the columns that can be spared, one after another; what is left is cut by the page.
func TestTableWidths(t *testing.T) {
	long := "a name that is rather longer than twenty-four columns"
	tab := &Table{Columns: []Column{Name("NAME"), {Title: "n"}, {Title: "p90", Spare: 1}, {Title: "max", Spare: 2}},
		Rows: [][]string{{long, "10,000", "100ms", "1.0s"}}}
	for _, c := range []struct {
		room int
		cut  bool
		want []int
	}{
		{100, true, []int{len(long), 6, 5, 4}}, {60, true, []int{39, 6, 5, 4}}, {45, true, []int{24, 6, 5, 4}}, {44, true, []int{29, 6, 5, 0}},
		{38, true, []int{30, 6, 0, 0}}, {20, true, []int{24, 6, 0, 0}}, {44, false, []int{len(long), 6, 5, 0}},
	} {
		if diff := cmp.Diff(c.want, tab.widths(&Page{Width: c.room, Cut: c.cut})); diff != "" {
			t.Errorf("in %d columns: %s", c.room, diff)
		}
	}
}

func TestNamesAreShortenedInTheirMiddle(t *testing.T) {
	for _, c := range []struct {
		name    string
		columns int
		want    string
	}{
		{"checkout", 8, "checkout"}, {"checkout", 7, "c…ckout"}, {"http://127.0.0.1:8080/number/17", 24, "http://…1:8080/number/17"}, {"日本語の名前", 9, "日…の名前"},
		{"日本語の名前", 8, "…の名前"}, {"", 4, ""},
	} {
		got := cutMiddle(c.name, c.columns)
		if got != c.want || units.Width(got) > c.columns {
			t.Errorf("%s in %d columns is %s, want %s", c.name, c.columns, got, c.want)
		}
	}
}
