package testserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fingertips answers like https://fingertips.phe.org.uk/api, slowly. The names of areas and ages are real, the
// figures are invented.
func (h *Handler) fingertips(w http.ResponseWriter, r *http.Request, path string) *refusal {
	q := r.URL.Query()
	rate := h.opt.EmptyRate
	if text := q.Get("empty"); text != "" {
		var err error
		if rate, err = strconv.ParseFloat(text, 64); err != nil || !(rate >= 0 && rate <= 1) {
			return badRequest("empty must be a share from 0 to 1, such as 0.1")
		}
	}
	if !wait(r, h.opt.FingertipsDelay.or(200*time.Millisecond, 1500*time.Millisecond).draw(h.opt.Seed, r.RequestURI)) {
		return nil
	}
	// The real server sometimes fails like this: with a success status and no body.
	if rate > 0 && random(h.opt.Seed, r.RequestURI, h.visits.add(r.RequestURI)).Float64() < rate {
		return answer(w, http.StatusOK, jsonType, "")
	}
	switch path {
	case "all_data/csv/by_indicator_id":
		return sendData(w, q)
	case "indicator_metadata/csv/by_indicator_id":
		ids, no := indicatorIDs(q)
		if no == nil {
			writeMetadata(attachment(w, "metadata"), ids)
		}
		return no
	}
	v, no := fingertipsAnswer(strings.TrimSuffix(path, "/"), q)
	if no == nil {
		answerJSON(w, http.StatusOK, v)
	}
	return no
}

func fingertipsAnswer(path string, q url.Values) (any, *refusal) {
	switch path {
	case "profiles":
		return profiles(), nil
	case "profile":
		id, ok := identifier(q.Get("profile_id"))
		if !ok {
			return nil, badRequest("write ?profile_id=, a number from /api/profiles")
		}
		if i := id - firstProfile; i >= 0 && i < int64(len(topics)) {
			return profiles()[i], nil
		}
		return nil, nil // null, like the real server
	case "area_types":
		return areaTypes(nil), nil
	case "area_types/parent_area_types":
		return areaTypes(areaTypes(nil)[:2]), nil
	case "ages":
		return named("All ages", "<1 yr", "0-4 yrs", "4-5 yrs", "10-11 yrs", "15 yrs", "16+ yrs", "18+ yrs", "65+ yrs", "85+ yrs"), nil
	case "sexes":
		return named("Male", "Female", "", "Persons"), nil
	case "areas/by_area_type":
		id, ok := identifier(q.Get("area_type_id"))
		if !ok {
			return nil, badRequest("write ?area_type_id=, a number from /api/area_types")
		}
		return areas(id), nil
	case "indicator_search":
		words := strings.Fields(strings.ToLower(q.Get("search_text")))
		if len(words) == 0 {
			return nil, badRequest("write ?search_text=, such as smoking")
		}
		return search(words), nil
	case "indicator_metadata/all":
		return metadata(allIndicators()), nil
	case "indicator_metadata/by_indicator_id":
		ids, no := indicatorIDs(q)
		return metadata(ids), no
	}
	return nil, refuse(http.StatusNotFound, "no such resource of Fingertips here")
}

func identifier(text string) (int64, bool) { return number(text, 0, 1, 1<<31) }

// indicatorIDs parses ?indicator_ids=, with at most 100 of them.
func indicatorIDs(q url.Values) (ids []int64, no *refusal) {
	for text := range strings.SplitSeq(q.Get("indicator_ids"), ",") {
		id, ok := identifier(strings.TrimSpace(text))
		if !ok {
			return nil, badRequest("write ?indicator_ids=, numbers with commas")
		}
		if ids = append(ids, id); len(ids) > 100 {
			return nil, badRequest("at most 100 indicators can be asked for at once")
		}
	}
	return ids, nil
}

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

// areaTypes returns the types of areas. Parents are those above the smallest ones.
func areaTypes(parents []areaType) []areaType {
	return []areaType{
		{ID: 15, Name: "England", Short: "England"},
		{ID: 6, Name: "Regions (statistical)", Short: "Regions (statistical)", OnMap: true},
		{ID: 7, Name: "General Practice", Short: "GPs", IsSearchable: true, Parents: parents},
		{ID: 501, Name: "Lower tier local authorities", Short: "Districts & UAs", IsSearchable: true, OnMap: true, Parents: parents},
		{ID: 502, Name: "Upper tier local authorities", Short: "Counties & UAs", IsSearchable: true, OnMap: true, Parents: parents},
	}
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
		for j := range 16 { // invented, like their codes
			all = append(all, area{fmt.Sprintf("X%02d%06d", areaType%100, i*100+j), fmt.Sprintf("%s area %d", name, j+1), name, areaType})
		}
	}
	return all
}

// indicatorName returns the name of an indicator; empty if it does not exist.
func indicatorName(id int64) string {
	i := int(id) - firstIndicator
	if i < 0 || i >= len(topics)*len(measures) {
		return ""
	}
	return topics[i/len(measures)] + ": " + measures[i%len(measures)]
}

func allIndicators() (ids []int64) {
	for i := range len(topics) * len(measures) {
		ids = append(ids, int64(firstIndicator+i))
	}
	return ids
}

// search returns the indicators whose name contains every one of words, for each area type with figures of them.
func search(words []string) map[string][]int64 {
	found := make(map[string][]int64)
	for _, id := range allIndicators() {
		name := strings.ToLower(indicatorName(id))
		if slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(name, word) }) {
			continue
		}
		for _, t := range areaTypes(nil) {
			if t.ID != 7 || id%2 == 0 { // practices have figures only of every other indicator
				key := strconv.FormatInt(t.ID, 10)
				found[key] = append(found[key], id)
			}
		}
	}
	return found
}

// metadata returns the metadata of existing indicators, by id.
func metadata(ids []int64) map[string]indicator {
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
