package molecule

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// paper has the background and the inks of pictures. Carbon is where lines meet, other atoms are dots; hydrogen is left out where
// there are two other atoms.
var paper = color.Palette{color.RGBA{245, 245, 245, 255}, color.RGBA{40, 40, 40, 255}, color.RGBA{48, 80, 248, 255},
	color.RGBA{230, 13, 13, 255}, color.RGBA{200, 160, 0, 255}, color.RGBA{31, 160, 31, 255}, color.RGBA{140, 60, 170, 255}}

var inks = map[string]uint8{"H": 1, "C": 1, "N": 2, "O": 3, "S": 4, "F": 5, "Cl": 5, "Br": 5, "I": 5} // the others have the last one

// Picture draws the molecule, always in the same way, as a PNG. The size is in pixels.
func (m *Molecule) Picture(size image.Point) string {
	atoms, bonds := m.drawing()
	others := 0
	for _, a := range atoms {
		if a.symbol != "H" {
			others++
		}
	}
	shown := func(a atom) bool { return others < 2 || a.symbol != "H" }
	left, right, bottom, top := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, a := range atoms {
		if shown(a) {
			left, right, bottom, top = min(left, a.x), max(right, a.x), min(bottom, a.y), max(top, a.y)
		}
	}
	w, h := float64(size.X), float64(size.Y)
	scale := min(w/(right-left+1.5), h/(top-bottom+1.5), min(w, h)/4) // pixels of one unit; a small molecule does not fill it
	img := image.NewPaletted(image.Rectangle{Max: size}, paper)
	dot := func(x, y, radius float64, ink uint8) { // in pixels
		for py := int(y - radius); py <= int(y+radius); py++ {
			for px := int(x - radius); px <= int(x+radius); px++ {
				if math.Hypot(float64(px)-x, float64(py)-y) <= radius && image.Pt(px, py).In(img.Rect) {
					img.SetColorIndex(px, py, ink)
				}
			}
		}
	}
	place := func(a atom) (x, y float64) {
		return w/2 + (a.x-(left+right)/2)*scale, h/2 - (a.y-(bottom+top)/2)*scale
	}
	pen := max(0.5, scale/40)
	for _, b := range bonds {
		from, to := atoms[b.from], atoms[b.to]
		if !shown(from) || !shown(to) {
			continue
		}
		x, y := place(from)
		dx, dy := place(to)
		dx, dy = dx-x, dy-y
		length := math.Hypot(dx, dy)
		for line := range b.order { // side by side
			aside := (float64(line) - float64(b.order-1)/2) * scale / 7 / length
			for at := 0.0; at <= length; at += 0.5 {
				dot(x+dx*at/length-dy*aside, y+dy*at/length+dx*aside, pen, 1)
			}
		}
	}
	for _, a := range atoms {
		if a.symbol == "C" || !shown(a) {
			continue
		}
		ink := inks[a.symbol]
		if ink == 0 {
			ink = uint8(len(paper) - 1)
		}
		x, y := place(a)
		dot(x, y, scale/5, ink)
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory, and of a size that PNG has
	return b.String()
}
