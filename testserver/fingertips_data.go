package testserver

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

type profile struct {
	ID            int64   `json:"Id"`
	Name          string  `json:"Name"`
	Key           string  `json:"Key"`
	GroupIDs      []int64 `json:"GroupIds"`
	GroupMetadata []group `json:"GroupMetadata"`
}

type group struct {
	ID        int64  `json:"Id"`
	Name      string `json:"Name"`
	Sequence  int    `json:"Sequence"`
	ProfileID int64  `json:"ProfileId"`
}

type areaType struct {
	ID           int64      `json:"Id"`
	Name         string     `json:"Name"`
	Short        string     `json:"Short"`
	IsSearchable bool       `json:"IsSearchable"`
	OnMap        bool       `json:"CanBeDisplayedOnMap"`
	Parents      []areaType `json:"ParentAreaTypes,omitempty"`
}

type area struct {
	Code       string `json:"Code"`
	Name       string `json:"Name"`
	Short      string `json:"Short"`
	AreaTypeID int64  `json:"AreaTypeId"`
}

type idName struct {
	ID   int    `json:"Id"`
	Name string `json:"Name"`
}

type indicator struct {
	ID         int64             `json:"IID"`
	Descriptor map[string]string `json:"Descriptive"`
}

const (
	firstIndicator = 90_001
	firstProfile   = 11
)

// topics each have a profile and an indicator for each measure.
var topics = []string{"Smoking", "Obesity", "Alcohol", "Physical activity", "Diabetes", "Cardiovascular disease", "Cancer",
	"Mental health", "Dementia", "Child health", "Maternity", "Immunisation", "Sexual health", "Drug misuse", "Air quality"}

var measures = []string{"prevalence in adults", "prevalence in children", "related hospital admissions", "related mortality",
	"inequality between deciles of deprivation"}

func profiles() []profile {
	var all []profile
	for i, t := range topics {
		id := int64(firstProfile + i)
		p := profile{ID: id, Name: t, Key: strings.ReplaceAll(strings.ToLower(t), " ", "-")}
		for j, name := range []string{"Key indicators", "All indicators"} {
			g := group{id*100 + int64(j), name, j + 1, id}
			p.GroupIDs = append(p.GroupIDs, g.ID)
			p.GroupMetadata = append(p.GroupMetadata, g)
		}
		all = append(all, p)
	}
	return all
}

func areaTypes() []areaType {
	return []areaType{
		{ID: 15, Name: "England", Short: "England"},
		{ID: 6, Name: "Regions (statistical)", Short: "Regions", OnMap: true},
		{ID: 7, Name: "General Practice", Short: "GPs", IsSearchable: true},
		{ID: 501, Name: "Lower tier local authorities", Short: "Districts & UAs", IsSearchable: true, OnMap: true},
		{ID: 502, Name: "Upper tier local authorities", Short: "Counties & UAs", IsSearchable: true, OnMap: true},
	}
}

func parentAreaTypes() []areaType {
	all := areaTypes()
	for i := range all {
		if i > 1 {
			all[i].Parents = areaTypes()[:2]
		}
	}
	return all
}

func named(names ...string) []idName {
	var all []idName
	for i, n := range names {
		if n != "" {
			all = append(all, idName{i + 1, n})
		}
	}
	return all
}

var regions = []string{"North East", "North West", "Yorkshire and The Humber", "East Midlands", "West Midlands", "East of England",
	"London", "South East", "South West"}

func areas(areaType int64) []area {
	if areaType == 15 {
		return []area{{"E92000001", "England", "England", 15}}
	}
	all := []area{}
	for i, name := range regions {
		if areaType == 6 {
			all = append(all, area{fmt.Sprintf("E12%06d", i+1), name + " region", name, 6})
			continue
		}
		for j := range 16 { // made up, as are their codes
			all = append(all, area{fmt.Sprintf("X%02d%06d", areaType%100, i*100+j), fmt.Sprintf("%s area %d", name, j+1), name, areaType})
		}
	}
	return all
}

// indicatorName gives the name of an indicator, empty if there is no such.
func indicatorName(id int64) string {
	i := int(id) - firstIndicator
	if i < 0 || i >= len(topics)*len(measures) {
		return ""
	}
	return topics[i/len(measures)] + ": " + measures[i%len(measures)]
}

// search gives the indicators whose name has every word of text, for each area type that has figures of them.
func search(text string) map[string][]int64 {
	found := make(map[string][]int64)
	for id := int64(firstIndicator); indicatorName(id) != ""; id++ {
		name := strings.ToLower(indicatorName(id))
		all := true
		for word := range strings.FieldsSeq(strings.ToLower(text)) {
			all = all && strings.Contains(name, word)
		}
		if !all {
			continue
		}
		for _, t := range areaTypes() {
			if t.ID != 7 || id%2 == 0 { // practices have figures of every other indicator
				key := strconv.FormatInt(t.ID, 10)
				found[key] = append(found[key], id)
			}
		}
	}
	return found
}

// metadata gives the indicators by id; nil means all.
func metadata(ids []int64) map[string]indicator {
	if ids == nil {
		for id := int64(firstIndicator); indicatorName(id) != ""; id++ {
			ids = append(ids, id)
		}
	}
	all := make(map[string]indicator)
	for _, id := range ids {
		if name := indicatorName(id); name != "" {
			all[strconv.FormatInt(id, 10)] = indicator{id, map[string]string{
				"Name": name, "NameLong": name, "Definition": "How " + strings.ToLower(name) + " is counted.",
				"DataSource": "Made up for a test server",
			}}
		}
	}
	return all
}

// allData gives a CSV table of yearly figures by region.
func allData(ids []int64) string {
	var b strings.Builder
	w := csv.NewWriter(&b) // into memory: no error to look for
	_ = w.Write([]string{"Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name", "Area Type", "Sex",
		"Age", "Category Type", "Category", "Time period", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit", "Count", "Denominator"})
	for _, id := range ids {
		name := indicatorName(id)
		if name == "" {
			continue
		}
		for i, a := range areas(6) {
			for year := 2010; year < 2025; year++ {
				value := float64((id*7+int64(i)*13+int64(year)*3)%500) / 10
				_ = w.Write([]string{strconv.FormatInt(id, 10), name, "E92000001", "England", a.Code, a.Name, "Regions (statistical)", "Persons",
					"All ages", "", "", strconv.Itoa(year), decimal(value), decimal(value * 0.9), decimal(value * 1.1),
					decimal(value * 100), "10000"})
			}
		}
	}
	w.Flush()
	return b.String()
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
