package testserver

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (h *Handler) addFingertips() {
	h.addSite(site{"fingertips.test", "api/", "fingertips/api/", h.fingertips},
		"/fingertips/api/profiles  and host fingertips.test; profile, area_types, ages, sexes, areas/by_area_type,"+
			" indicator_search?search_text=smoking, indicator_metadata/…, all_data/csv/by_indicator_id; ?empty=0.1")
}

// fingertips answers in the shapes of https://fingertips.phe.org.uk/api, slowly. The names of areas and ages are real,
// the figures are made up.
func (h *Handler) fingertips(w http.ResponseWriter, r *http.Request, path string) {
	q := r.URL.Query()
	rate := h.opt.EmptyRate
	if text := q.Get("empty"); text != "" {
		var err error
		if rate, err = strconv.ParseFloat(text, 64); err != nil || !(rate >= 0 && rate <= 1) {
			fail(w, http.StatusBadRequest, "empty must be a share from 0 to 1, such as 0.1")
			return
		}
	}
	d := h.opt.FingertipsDelay.or(200*time.Millisecond, 1500*time.Millisecond).draw(h.opt.Seed, r.RequestURI)
	if !wait(r, d) {
		return
	}
	// The real one sometimes fails like this: a good status, and nothing.
	if rate > 0 && random(h.opt.Seed, r.RequestURI, h.visits.add(r.RequestURI)).Float64() < rate {
		answer(w, http.StatusOK, jsonType, "")
		return
	}
	if path == "all_data/csv/by_indicator_id" {
		sendAllData(w, q)
		return
	}
	v, text := fingertipsAnswer(path, q)
	switch {
	case text == noSuchPath:
		fail(w, http.StatusNotFound, text)
	case text != "":
		fail(w, http.StatusBadRequest, text)
	default:
		answerJSON(w, http.StatusOK, v)
	}
}

const noSuchPath = "no such resource of Fingertips here"

// fingertipsAnswer gives what to answer, or what is wrong.
func fingertipsAnswer(path string, q url.Values) (any, string) {
	switch strings.TrimSuffix(path, "/") {
	case "profiles":
		return profiles(), ""
	case "profile":
		id, ok := number(q.Get("profile_id"), 0, 1, 1<<31)
		if !ok || id == 0 {
			return nil, "write ?profile_id=, a number from /api/profiles"
		}
		for _, p := range profiles() {
			if p.ID == id {
				return p, ""
			}
		}
		return nil, "" // null, as the real one
	case "area_types":
		return areaTypes(), ""
	case "area_types/parent_area_types":
		return parentAreaTypes(), ""
	case "ages":
		return named("All ages", "<1 yr", "0-4 yrs", "4-5 yrs", "10-11 yrs", "15 yrs", "16+ yrs", "18+ yrs", "65+ yrs", "85+ yrs"), ""
	case "sexes":
		return named("Male", "Female", "", "Persons"), ""
	case "areas/by_area_type":
		id, ok := number(q.Get("area_type_id"), 0, 1, 1<<31)
		if !ok || id == 0 {
			return nil, "write ?area_type_id=, a number from /api/area_types"
		}
		return areas(id), ""
	case "indicator_search":
		text := strings.TrimSpace(q.Get("search_text"))
		if text == "" {
			return nil, "write ?search_text=, such as smoking"
		}
		return search(text), ""
	case "indicator_metadata/all":
		return metadata(nil), ""
	case "indicator_metadata/by_indicator_id":
		ids, text := indicatorIDs(q)
		if text != "" {
			return nil, text
		}
		return metadata(ids), ""
	}
	return nil, noSuchPath
}

// indicatorIDs reads ?indicator_ids=, at most 100 of them.
func indicatorIDs(q url.Values) ([]int64, string) {
	var ids []int64
	for text := range strings.SplitSeq(q.Get("indicator_ids"), ",") {
		id, ok := number(strings.TrimSpace(text), 0, 1, 1<<31)
		if !ok || id == 0 {
			return nil, "write ?indicator_ids=, numbers with commas"
		}
		if ids = append(ids, id); len(ids) > 100 {
			return nil, "at most 100 indicators can be asked for at once"
		}
	}
	return ids, ""
}

// sendAllData answers with CSV as an attachment, a few kilobytes for each indicator.
func sendAllData(w http.ResponseWriter, q url.Values) {
	ids, text := indicatorIDs(q)
	if text != "" {
		fail(w, http.StatusBadRequest, text)
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="indicators.data.csv"`)
	answer(w, http.StatusOK, "application/octet-stream", allData(ids))
}
