package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// politeTables are what the politeness work finds: a line for each scene and tool. Where the runs differ, a cell has the least
// and the most, since what is rare matters.
func politeTables(all []*played) string {
	lines := map[bool][][]string{}
	for _, p := range all {
		lines[p.dialect] = append(lines[p.dialect], p.line())
	}
	text := ""
	for dialect, title := range []string{"Servers that say slow down, or fail", "Servers that tell their limits"} {
		if rows := lines[dialect == 1]; rows != nil {
			head := []string{[]string{"server", "dialect"}[dialect], "tool", "rows", "wall, s", "floor, s", "over floor", "failed", "refused", "of the rows", ""}
			text += "\n" + tableOf(title, "|---|---|--:|--:|--:|--:|--:|--:|--:|---", append([][]string{head}, rows...))
		}
	}
	return text
}

func (p *played) line() []string {
	var runs []outcome
	errs := ""
	for _, o := range p.runs {
		if o.err != nil {
			errs += " (" + o.err.Error() + ")"
			continue
		}
		runs = append(runs, o)
	}
	each := func(f func(outcome) float64) string {
		var values []float64
		for _, o := range runs {
			values = append(values, f(o))
		}
		return fromLeastToMost(values)
	}
	failed := func(o outcome) float64 { return float64(o.failed) }
	floor, over := "", ""
	if p.floor > 0 {
		floor = number(p.floor.Seconds())
		if each(failed) == "0" || strings.HasSuffix(p.name, "-among") { // a list that was given up is no fast one
			over = each(func(o outcome) float64 { return o.wall.Seconds() / p.floor.Seconds() })
		}
	}
	return []string{
		p.about, p.tool, strconv.Itoa(p.n), each(func(o outcome) float64 { return o.wall.Seconds() }), floor, over, each(failed),
		each(func(o outcome) float64 { return float64(o.refused) }),
		each(func(o outcome) float64 { return 100 * float64(o.refused) / float64(p.n) }) + " %", remarks(runs) + errs,
	}
}

// remarks is what else was to be seen in the runs, those together that say the same of different values.
func remarks(runs []outcome) string {
	var texts []string
	values := map[string][][]float64{}
	for _, o := range runs {
		if o.look.text == "" {
			continue
		}
		if values[o.look.text] == nil {
			texts = append(texts, o.look.text)
		}
		values[o.look.text] = append(values[o.look.text], o.look.values)
	}
	for i, text := range texts {
		for n := range values[text][0] {
			var column []float64
			for _, v := range values[text] {
				column = append(column, v[n])
			}
			texts[i] = strings.Replace(texts[i], "#", fromLeastToMost(column), 1)
		}
	}
	return strings.Join(texts, "; ")
}

// fromLeastToMost is the one number that all are, or the least and the most; NaN counts as the most, and means never.
func fromLeastToMost(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	for i, v := range values {
		if math.IsNaN(v) {
			values[i] = math.Inf(1)
		}
	}
	least, most := slices.Min(values), slices.Max(values)
	if number(least) == number(most) {
		return number(least)
	}
	return number(least) + "–" + number(most)
}

// number has three digits.
func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "never"
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
