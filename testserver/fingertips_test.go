package testserver

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
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

// dataOf gets a table of figures and reads it.
func dataOf(t *testing.T, query string) []map[string]string {
	t.Helper()
	resp := ask(t, quick(), "GET", "/fingertips/api/all_data/csv/by_indicator_id?"+query)
	if resp.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment; ") {
		t.Error(resp.Header)
	}
	rows, err := csv.NewReader(resp.Body).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(len(rows), err)
	}
	parents := "Compared to percentiles"
	if strings.Contains(query, "parent_area_type_id=6") {
		parents = "Compared to Regions (statistical) value or percentiles"
	}
	if got := strings.Join(rows[0], ","); got != "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,"+
		"Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,"+
		"Value note,Recent Trend,Compared to England value or percentiles,"+parents+",Time period Sortable,New data,Compared to goal,Time period range" {
		t.Error(got)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, cell := range row {
			named[rows[0][i]] = cell
		}
		all = append(all, named)
	}
	return all
}

func TestFingertipsCSV(t *testing.T) {
	for query, want := range map[string]int{
		"indicator_ids=90001,90002&child_area_type_id=6&parent_area_type_id=15": 2 * (1 + 9) * 3 * 15,
		"indicator_ids=90001":                                               (1 + 9) * 3 * 15,
		"indicator_ids=90001,5&child_area_type_id=15":                       3 * 15,
		"indicator_ids=90003&child_area_type_id=502&parent_area_type_id=6":  (1 + 9 + 144) * 3 * 15,
		"indicator_ids=90004&child_area_type_id=502&parent_area_type_id=15": (1 + 144) * 3 * 15,
	} {
		if rows := dataOf(t, query); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", query, len(rows), want)
		}
	}
	for _, query := range []string{"child_area_type_id=9999", "parent_area_type_id=502", "child_area_type_id=x"} {
		if resp := ask(t, quick(), "GET", "/fingertips/api/all_data/csv/by_indicator_id?indicator_ids=90001&"+query); resp.StatusCode != 400 {
			t.Errorf("%s: %d", query, resp.StatusCode)
		}
	}
	rows := dataOf(t, "indicator_ids=90003&child_area_type_id=502&parent_area_type_id=6")
	if again := dataOf(t, "indicator_ids=90003&child_area_type_id=502&parent_area_type_id=6"); !reflect.DeepEqual(rows, again) {
		t.Error("the second time it is another table")
	}
	first, last := rows[0], rows[len(rows)-1]
	if first["Area Code"] != "E92000001" || first["Parent Code"] != "" || first["Time period"] != "2010/11" || first["Time period Sortable"] != "20100000" ||
		first["Sex"] != "Male" || first["Age"] != "All ages" || first["New data"] != "" || first["Recent Trend"] != "" || first["Time period range"] != "1y" {
		t.Errorf("%q", first)
	}
	if last["Parent Name"] != "South West region" || last["Area Code"] != "X02000815" || last["Area Type"] != "Counties & UAs" || last["Sex"] != "Persons" ||
		last["Time period"] != "2024/25" || last["New data"] != "New data" || last["Recent Trend"] == "" {
		t.Errorf("%q", last)
	}
	if rows := dataOf(t, "indicator_ids=90004"); rows[0]["Time period"] != "2010 - 12" || rows[0]["Time period range"] != "3y" {
		t.Errorf("%q", rows[0])
	}
}

// The figures are what the table says that they are: a value is its count by its denominator, within its limits, which are those
// of Wilson's method; men and women are all, and areas are their region. What is suppressed has a note and nothing else.
func TestFingertipsFigures(t *testing.T) {
	number := func(row map[string]string, column string) float64 {
		t.Helper()
		x, err := strconv.ParseFloat(row[column], 64)
		if err != nil {
			t.Fatalf("%s: %q", column, row)
		}
		return x
	}
	for _, c := range []struct{ id, per string }{{"90001", "100"}, {"90003", "100000"}, {"90075", "100"}} {
		rows := dataOf(t, "indicator_ids="+c.id+"&child_area_type_id=501&parent_area_type_id=6")
		per, _ := strconv.ParseFloat(c.per, 64)
		sums := map[string]float64{} // of the areas of a region, and of the regions
		none := 0
		seen := map[string]map[string]bool{}
		for _, row := range rows {
			for column, value := range row {
				if seen[column] == nil {
					seen[column] = map[string]bool{}
				}
				seen[column][value] = true
			}
			if row["Value note"] != "" {
				none++
				for _, column := range []string{"Value", "Lower CI 95.0 limit", "Upper CI 99.8 limit", "Count", "Denominator"} {
					if row[column] != "" || row["Sex"] == "Persons" || row["Compared to England value or percentiles"] != "Not compared" {
						t.Fatalf("%q", row)
					}
				}
				continue
			}
			count, people, value := number(row, "Count"), number(row, "Denominator"), number(row, "Value")
			if math.Abs(value-count/people*per) > 1e-5 || count < 1 || people <= count {
				t.Fatalf("%q", row)
			}
			for _, ci := range []struct {
				name string
				z    float64
			}{{"95.0", 1.959964}, {"99.8", 3.090232}} { // from the definition: the shares that are z standard errors away
				for _, limit := range []float64{number(row, "Lower CI "+ci.name+" limit") / per, number(row, "Upper CI "+ci.name+" limit") / per} {
					if z := math.Abs(count/people-limit) / math.Sqrt(limit*(1-limit)/people); math.Abs(z-ci.z) > 0.001 {
						t.Fatalf("%s: %v standard errors: %q", ci.name, z, row)
					}
				}
			}
			if row["Sex"] == "Persons" {
				sums[row["Parent Code"]+row["Time period"]] += count
				sums["own"+row["Area Code"]+row["Time period"]] += count
			}
			sums[row["Area Code"]+row["Time period"]+map[bool]string{true: "all", false: "both"}[row["Sex"] == "Persons"]] += count
		}
		for _, year := range []string{rows[0]["Time period"], rows[14]["Time period"]} {
			for _, code := range []string{"E92000001", "E12000001", "E12000009"} {
				if sums[code+year] != sums["own"+code+year] || sums[code+year+"all"] != sums[code+year+"both"] {
					t.Errorf("%s %s: %v in all, %v in its parts; %v men and women", code, year, sums["own"+code+year], sums[code+year], sums[code+year+"both"])
				}
			}
		}
		if none < 50 || none > len(rows)/20 {
			t.Errorf("%d of %d are suppressed", none, len(rows))
		}
		for column, least := range map[string]int{"Compared to England value or percentiles": 4, "Compared to Regions (statistical) value or percentiles": 4,
			"Recent Trend": 3, "Value note": 2, "Sex": 3, "Time period": 15, "Area Code": 154, "Parent Code": 11} {
			if len(seen[column]) < least {
				t.Errorf("%s: %s has only %v", c.id, column, slices.Sorted(maps.Keys(seen[column])))
			}
		}
	}
}

func TestFingertipsMetadata(t *testing.T) {
	resp := ask(t, quick(), "GET", "/fingertips/api/indicator_metadata/csv/by_indicator_id?indicator_ids=90001,7,90003")
	rows, err := csv.NewReader(resp.Body).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != 32 || rows[0][0] != "Indicator ID" || rows[0][31] != "Date updated" ||
		rows[1][1] != "Smoking: prevalence in adults" || rows[2][0] != "90003" || rows[2][slices.Index(rows[0], "Unit")] != "per 100,000" {
		t.Errorf("%q %v", rows, err)
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
