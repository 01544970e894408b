package testserver

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// dataColumns are those of the real table; the empty one is named after the type of the parent areas.
var dataColumns = []string{"Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name", "Area Type", "Sex",
	"Age", "Category Type", "Category", "Time period", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit", "Lower CI 99.8 limit",
	"Upper CI 99.8 limit", "Count", "Denominator", "Value note", "Recent Trend", "Compared to England value or percentiles", "",
	"Time period Sortable", "New data", "Compared to goal", "Time period range"}

// metadataColumns are those of the real table; what is empty in all but a few rows is left empty.
var metadataColumns = []string{"Indicator ID", "Indicator", "Indicator number", "Rationale", "Specific rationale", "Definition",
	"Data source", "Indicator source", "Definition of numerator", "Source of numerator", "Definition of denominator",
	"Source of denominator", "Methodology", "Standard population/values", "Frequency", "Confidence interval details",
	"Disclosure control", "Rounding", "Caveats", "Notes", "Impact of COVID-19", "Copyright", "Data re-use", "Links",
	"Indicator Content", "Simple Name", "Simple Definition", "Unit", "Value type", "Year type", "Polarity", "Date updated"}

const (
	firstYear, years = 2010, 15
	smallAreas       = 16 // of each region, whatever their type
	suppressed       = "Value suppressed for disclosure control due to small count"
	england          = "E92000001"
	z95, z998        = 1.959963984540054, 3.090232306167813 // of the normal distribution
)

// kind is what all indicators of one of measures share.
type kind struct {
	age, unit, yearType string
	per                 float64 // the population that a value refers to
	span                string  // between the first and the last year of a period
	spans               int     // years of a period after the first
}

var kinds = []kind{{"18+ yrs", "%", "Calendar", 100, "", 0}, {"10-11 yrs", "%", "Academic", 100, "/", 1},
	{"All ages", "per 100,000", "Financial", 100_000, "/", 1}, {"65+ yrs", "per 100,000", "Calendar", 100_000, " - ", 2},
	{"All ages", "%", "Calendar", 100, "", 0}}

func kindOf(id int64) kind { return kinds[int(id-firstIndicator)%len(kinds)] }

// period formats a period, such as 2010, 2010/11 or 2010 - 12.
func (k kind) period(year int) string {
	if k.spans == 0 {
		return strconv.Itoa(year)
	}
	return fmt.Sprintf("%d%s%02d", year, k.span, (year+k.spans)%100)
}

// figure is a count out of a number of people.
type figure struct{ count, people int }

// figures are those of an indicator by year, sex (men, women, all) and smallest area. They are consistent: sexes
// add up to both, and areas to regions and to England.
type figures [years][3][]figure

func figuresOf(id int64) *figures {
	all := new(figures)
	rare := 100 * math.Sqrt(kindOf(id).per) // so that the values look like real ones
	for year := range years {
		now := &all[year]
		for sex := range 2 {
			draw := random(uint64(id), "figures", int64(year*2+sex))
			for area := range len(regions) * smallAreas {
				people := 20_000 + area*7919%60_000 + year*100 + sex*500
				share := float64(50+(int(id)*7+area*13)%200) * (1 + 0.02*float64(year*(int(id)%3-1))) * (0.95 + draw.Float64()/10)
				now[sex] = append(now[sex], figure{int(share * float64(people) / rare), people})
			}
		}
		for area, men := range now[0] {
			now[2] = append(now[2], figure{men.count + now[1][area].count, men.people + now[1][area].people})
		}
	}
	return all
}

// sum adds up some of the smallest areas.
func sum(of []figure) (f figure) {
	for _, g := range of {
		f.count, f.people = f.count+g.count, f.people+g.people
	}
	return f
}

// place is an area and the smallest areas that it consists of.
type place struct {
	area
	parent   area
	typeName string
	from, to int
}

// places returns England, its regions if they are parents, and the children, in this order.
func places(child, parent int64) (all []place) {
	top := areas(15)[0]
	for _, t := range slices.Compact([]int64{15, parent, child}) {
		list := areas(t)
		each := len(regions) * smallAreas / len(list)
		for i, a := range list {
			p := place{area: a, parent: top, typeName: areaTypeName(t), from: i * each, to: (i + 1) * each}
			switch {
			case t == 15:
				p.parent = area{}
			case each == 1 && parent == 6:
				p.parent = areas(6)[i/smallAreas]
			}
			all = append(all, p)
		}
	}
	return all
}

// areaTypeName returns an empty string for an unknown type.
func areaTypeName(id int64) string {
	i := slices.IndexFunc(areaTypes(nil), func(t areaType) bool { return t.ID == id })
	if i < 0 {
		return ""
	}
	return areaTypes(nil)[i].Short
}

// attachment starts a table in the way the real server sends it: as bytes to be saved.
func attachment(w http.ResponseWriter, name string) http.ResponseWriter {
	w.Header().Set("Content-Disposition", `attachment; filename="indicators.`+name+`.csv"`)
	w.Header().Set("Content-Type", "application/octet-stream")
	return w
}

// sendData sends the figures of indicators, row by row.
func sendData(w http.ResponseWriter, q url.Values) *refusal {
	ids, no := indicatorIDs(q)
	if no != nil {
		return no
	}
	child, _ := identifier(cmp.Or(q.Get("child_area_type_id"), q.Get("area_type_id"), "6"))
	parent, _ := identifier(cmp.Or(q.Get("parent_area_type_id"), "15"))
	if areaTypeName(child) == "" || parent != 15 && parent != 6 {
		return badRequest("child_area_type_id is a number from /api/area_types, parent_area_type_id is 15 (England) or 6 (regions)")
	}
	if child == 15 {
		parent = child // England has no parent
	}
	columns := slices.Clone(dataColumns)
	columns[slices.Index(columns, "")] = "Compared to percentiles"
	if parent == 6 {
		columns[slices.Index(dataColumns, "")] = "Compared to " + areaTypeName(6) + " value or percentiles"
	}
	table := csv.NewWriter(attachment(w, "data"))
	_ = table.Write(columns) // here and below: an error means that the client has left
	for _, id := range ids {
		if indicatorName(id) == "" {
			continue
		}
		all := figuresOf(id)
		for _, p := range places(child, parent) {
			for sex, sexName := range []string{"Male", "Female", "Persons"} {
				for year := range years {
					_ = table.Write(dataRow(id, p, all, sex, sexName, year))
				}
			}
			if table.Error() != nil {
				return nil
			}
		}
	}
	table.Flush()
	return nil
}

// dataRow returns one row of the table, with confidence intervals by Wilson's method, like the real ones of
// proportions. Some small areas have no figures for men and women.
func dataRow(id int64, p place, all *figures, sex int, sexName string, year int) []string {
	k, now := kindOf(id), all[year][sex]
	first := firstYear + year
	row := []string{strconv.FormatInt(id, 10), indicatorName(id), p.parent.Code, p.parent.Name, p.Code, p.Name, p.typeName, sexName, k.age,
		"", "", k.period(first)}
	note, trend, toEngland, toParent, isNew := "", "", "Not compared", "Not compared", ""
	if year == years-1 {
		trend, isNew = "Cannot be calculated", "New data"
	}
	if p.to-p.from == 1 && sex < 2 && (p.from*31+year*7+int(id))%40 == 0 {
		row = append(row, make([]string, 7)...)
		note = suppressed
	} else {
		f := sum(now[p.from:p.to])
		low, high := f.wilson(z95)
		lower, higher := f.wilson(z998)
		for _, x := range []float64{f.share(), low, high, lower, higher} {
			row = append(row, strconv.FormatFloat(math.Round(x*k.per*1e5)/1e5, 'f', -1, 64))
		}
		row = append(row, strconv.Itoa(f.count), strconv.Itoa(f.people))
		if p.Code != england {
			toEngland = f.beside(sum(now), "Better 95%", "Similar", "Worse 95%")
		}
		if region := p.from - p.from%smallAreas; p.parent.AreaTypeID == 6 {
			toParent = f.beside(sum(now[region:region+smallAreas]), "Better 95%", "Similar", "Worse 95%")
		}
		if trend != "" {
			before := sum(all[year-4][sex][p.from:p.to])
			trend = f.beside(before, "Decreasing and getting better", "No significant change", "Increasing and getting worse")
		}
	}
	return append(row, note, trend, toEngland, toParent, strconv.Itoa(first*10_000), isNew, "", fmt.Sprintf("%dy", max(1, k.spans/2*3)))
}

func (f figure) share() float64 { return float64(f.count) / float64(f.people) }

// wilson returns the confidence interval of the share.
func (f figure) wilson(z float64) (low, high float64) {
	n, share := float64(f.people), f.share()
	middle, half := share+z*z/(2*n), z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return (middle - half) / (1 + z*z/n), (middle + half) / (1 + z*z/n)
}

// beside compares the interval of f with the share of others.
func (f figure) beside(other figure, below, same, above string) string {
	switch low, high := f.wilson(z95); {
	case high < other.share():
		return below
	case low > other.share():
		return above
	}
	return same
}

// writeMetadata writes the metadata of the indicators.
func writeMetadata(w io.Writer, ids []int64) {
	table := csv.NewWriter(w)
	_ = table.Write(metadataColumns)
	for _, id := range ids {
		name := indicatorName(id)
		if name == "" {
			continue
		}
		row := make([]string, len(metadataColumns))
		for column, value := range map[string]string{"Indicator ID": strconv.FormatInt(id, 10), "Indicator": name, "Simple Name": name,
			"Definition": metadata([]int64{id})[strconv.FormatInt(id, 10)].Descriptor["Definition"], "Data source": "Made up for a test server",
			"Unit": kindOf(id).unit, "Value type": "Proportion", "Year type": kindOf(id).yearType, "Polarity": "RAG - Low is good",
			"Confidence interval details": "Wilson"} {
			row[slices.Index(metadataColumns, column)] = value
		}
		_ = table.Write(row)
	}
	table.Flush()
}
