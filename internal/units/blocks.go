package units

// blocks are columns of none to eight eighths of a line.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// Block fills so many eighths of a character from below: a space for 0 or less, all of it for 8 or more.
func Block(eighths int) string { return string(blocks[min(max(eighths, 0), 8)]) }
