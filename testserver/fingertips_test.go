package testserver

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

func TestFingertipsShapes(t *testing.T) {
	h := quick()
	for path, keys := range map[string]string{
		"profiles":                            "Id Name Key GroupIds GroupMetadata",
		"profile?profile_id=11":               "Id Name Key GroupIds GroupMetadata",
		"area_types":                          "Id Name Short IsSearchable CanBeDisplayedOnMap",
		"area_types/parent_area_types":        "Id Name ParentAreaTypes",
		"ages":                                "Id Name",
		"sexes":                               "Id Name",
		"areas/by_area_type?area_type_id=6":   "Code Name",
		"areas/by_area_type?area_type_id=502": "Code Name",
		"indicator_metadata/by_indicator_id?indicator_ids=90001,90002": "IID Descriptive",
		"indicator_metadata/all": "IID Descriptive",
	} {
		for _, url := range []string{"http://fingertips.test/api/" + path, "/fingertips/api/" + path} {
			resp := ask(t, h, "GET", url)
			body := text(t, resp)
			if resp.StatusCode != 200 || !json.Valid([]byte(body)) || resp.Header.Get("Content-Type") != "application/json" {
				t.Fatalf("%s: %d %.200s", url, resp.StatusCode, body)
			}
			for key := range strings.FieldsSeq(keys) {
				if !strings.Contains(body, `"`+key+`":`) {
					t.Errorf("%s has no %s: %.200s", url, key, body)
				}
			}
		}
	}
	for _, word := range []string{"smoking", "obesity", "alcohol"} {
		var found map[string][]int64
		resp := ask(t, h, "GET", "/fingertips/api/indicator_search?search_text="+word)
		if err := json.NewDecoder(resp.Body).Decode(&found); err != nil || len(found["15"]) == 0 || len(found["7"]) >= len(found["15"]) {
			t.Errorf("%s: %v %v", word, found, err)
		}
	}
	for url, want := range map[string]string{"profile?profile_id=9999": "null", "indicator_search?search_text=nothing": "{}"} {
		if body := text(t, ask(t, h, "GET", "/fingertips/api/"+url)); body != want {
			t.Errorf("%s: %s, want %s", url, body, want)
		}
	}
	for url, want := range map[string]int{"nothing": 404, "indicator_search": 400, "profile": 400, "areas/by_area_type": 400, "ages?empty=2": 400,
		"indicator_metadata/by_indicator_id": 400, "all_data/csv/by_indicator_id?indicator_ids=" + strings.Repeat("1,", 100) + "1": 400} {
		if resp := ask(t, h, "GET", "/fingertips/api/"+url); resp.StatusCode != want {
			t.Errorf("%.40s: %d, want %d", url, resp.StatusCode, want)
		}
	}
}

func TestFingertipsCSV(t *testing.T) {
	resp := ask(t, quick(), "GET", "/fingertips/api/all_data/csv/by_indicator_id?indicator_ids=90001,90002&child_area_type_id=6&parent_area_type_id=15")
	rows, err := csv.NewReader(resp.Body).ReadAll()
	if err != nil || len(rows) != 1+2*9*15 || rows[1][0] != "90001" {
		t.Error(len(rows), err)
	}
	if resp.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment; ") {
		t.Error(resp.Header)
	}
}

func TestFingertipsIsSlowAndSometimesEmpty(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		count := func(opt Options, query string) (empty string) {
			h := New(opt)
			for range 100 {
				start := time.Now()
				resp := ask(t, h, "GET", "/fingertips/api/ages"+query)
				if d := time.Since(start); d < 200*time.Millisecond || d > 1500*time.Millisecond {
					t.Fatal(d)
				}
				switch body := text(t, resp); {
				case resp.StatusCode != 200:
					t.Fatal(resp.StatusCode)
				case body == "":
					empty += "0"
				default:
					empty += "1"
				}
			}
			return empty
		}
		a, b := count(Options{EmptyRate: 0.1}, ""), count(Options{EmptyRate: 0.1}, "")
		if n := strings.Count(a, "0"); a != b || n < 2 || n > 25 {
			t.Errorf("%d of 100 empty:\n%s\n%s", n, a, b)
		}
		if n := strings.Count(count(Options{EmptyRate: 1}, "?empty=0"), "0"); n != 0 {
			t.Errorf("%d of 100 empty, want none", n)
		}
		if n := strings.Count(count(Options{}, "?empty=1"), "0"); n != 100 {
			t.Errorf("%d of 100 empty, want all", n)
		}
	})
}
