package units

// The colours are the terminal's own, which are chosen to be read on its background; none is bright, none is set behind.
const (
	Red    = "\x1b[31m"
	Green  = "\x1b[32m"
	Yellow = "\x1b[33m"
	Dim    = "\x1b[2m"
	Reset  = "\x1b[0m"
)

// Painted is s in a colour, if colours are wanted. An empty colour is none.
func Painted(s, color string, wanted bool) string {
	if !wanted || color == "" || s == "" {
		return s
	}
	return color + s + Reset
}
