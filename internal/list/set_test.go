package list

import (
	"fmt"
	"testing"
)

// combinationsOf gives all combinations, each as its values with blanks between.
func TestSetsAndRows(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "cid,name\n702,ethanol\n,none\n962,water\n"})
	l := mustOpen(t, nil, Options{Set: []string{"id=1..2", "v=x,y"}}, "http://h/{v}/{id}", "http://i/{id}")
	wantRequests(t, l, "1 x http://h/x/1", "2 1 http://i/1", "3 y http://h/y/1", "4 1 http://i/1", "5 x http://h/x/2", "6 2 http://i/2",
		"7 y http://h/y/2", "8 2 http://i/2")
	l = mustOpen(t, nil, Options{Set: []string{"id=1..2", "v=x,y"}, Dedupe: true}, "http://h/{v}/{id}", "http://i/{id}")
	wantRequests(t, l, "1 x http://h/x/1", "2 1 http://i/1", "3 y http://h/y/1", "4 x http://h/x/2", "5 2 http://i/2", "6 y http://h/y/2")
	if n, _ := l.Total(); n != 6 || l.Duplicates() != 2 {
		t.Errorf("%d requests, %d duplicates", n, l.Duplicates())
	}

	l = mustOpen(t, nil, Options{Rows: "c.csv", Set: []string{"y=1..2"}}, "http://h/{cid}?y={y}")
	wantRequests(t, l, "1 ethanol http://h/702?y=1", "2 ethanol http://h/702?y=2", "3 none http://h/?y=1 ! c.csv 3", "4 none http://h/?y=2 ! c.csv 3",
		"5 water http://h/962?y=1", "6 water http://h/962?y=2")
	for req, err := range l.Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(req.Row); req.Seq == 2 && got != "[{cid 702} {name ethanol} {y 2}]" {
			t.Errorf("row %s", got)
		}
	}
	for req, err := range mustOpen(t, nil, Options{Set: []string{"d=a,.."}}, "http://h/{d}/").Requests(t.Context()) {
		if err != nil || req.Seq == 1 && req.Err != nil {
			t.Fatal(err, req.Err)
		}
		if req.Seq == 2 {
			wantError(t, req.Err, `--set: "http://h/{d}/": the value of --set d is . or .., which would change the folder; such a name can be sent in a query`)
		}
	}
}
