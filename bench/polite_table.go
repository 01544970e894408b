package main

import (
	"fmt"
	"strings"
	"time"
)

// politeTables are what the politeness work finds: a line for each scene and tool, all runs in a cell, the median not even
// taken, since what is rare matters.
type politeTables struct{ all []*played }

func (t *politeTables) text() string { return t.markdown() } // it is wide, whatever is done

func (t *politeTables) markdown() string {
	return t.part("Servers that say slow down, or fail", "scene", false) + t.part("Servers that tell their limits", "dialect", true)
}

func (t *politeTables) part(title, first string, dialect bool) string {
	var b strings.Builder
	for _, p := range t.all {
		if p.dialect != dialect {
			continue
		}
		if b.Len() == 0 {
			fmt.Fprintf(&b, "\n### %s\n\n", title)
			fmt.Fprintf(&b, "| %s | tool | rows | wall, s | floor, s | to the floor | failed | refused, says the server | of the rows | |\n", first)
			b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|---|\n")
		}
		b.WriteString(p.line())
	}
	return b.String()
}

func (p *played) line() string {
	each := func(f func(outcome) string) string {
		var cells []string
		for _, o := range p.runs {
			if o.err != nil {
				cells = append(cells, "–")
				continue
			}
			cells = append(cells, f(o))
		}
		return joinEqual(cells)
	}
	floor, over := "", ""
	if p.floor > 0 {
		floor = fmt.Sprintf("%.3g", p.floor.Seconds())
		over = each(func(o outcome) string { return fmt.Sprintf("%.2f", o.wall.Seconds()/p.floor.Seconds()) })
	}
	remark := each(func(o outcome) string { return o.look })
	for _, o := range p.runs {
		if o.err != nil {
			remark += " (" + o.err.Error() + ")"
		}
	}
	return fmt.Sprintf("| %s | %s | %d | %s | %s | %s | %s | %s | %s | %s |\n", p.about, p.tool, p.n,
		each(func(o outcome) string { return wallText(o.wall) }), floor, over,
		each(func(o outcome) string { return fmt.Sprint(o.failed) }),
		each(func(o outcome) string { return fmt.Sprint(o.refused) }),
		each(func(o outcome) string { return fmt.Sprintf("%.1f %%", 100*float64(o.refused)/float64(p.n)) }), remark)
}

func wallText(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.3f", d.Seconds())
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

// joinEqual joins cells with slashes, or gives the one that they all are.
func joinEqual(cells []string) string {
	for _, c := range cells {
		if c != cells[0] {
			return strings.Join(cells, " / ")
		}
	}
	return cells[0]
}
