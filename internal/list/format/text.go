package format

import (
	"bytes"
	"slices"
	"strings"
)

// sniffed is how much of the beginning of an input is looked at to see whether it is text.
const sniffed = 512

// packed are the formats whose beginnings tell them, and what unpacks them. gzip is here for what was packed twice.
var packed = []struct{ magic, name, unpack string }{
	{"\x1f\x8b", "gzip", "zcat"},
	{"\x28\xb5\x2f\xfd", "zstd", "zstdcat"},
	{"\xfd7zXZ\x00", "xz", "xzcat"},
	{"BZh", "bzip2", "bzcat"},
	{"PK\x03\x04", "zip", "unzip -p"},
}

// refuse says what is wrong with an input that begins like this.
func (in *Input) refuse(head []byte) error {
	file := in.Name
	if in.kind == stdinInput {
		file = "FILE"
	}
	for _, f := range packed {
		if bytes.HasPrefix(head, []byte(f.magic)) && hasBinary(head) {
			return BadInput(in.Name, "is "+f.name+"-compressed", "use "+f.unpack+" "+file+" | fetch -")
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return BadInput(in.Name, "is encoded in UTF-16",
			"save it as UTF-8, or use iconv -f UTF-16 -t UTF-8 "+file+" | fetch -")
	case bytes.IndexByte(head, 0) >= 0:
		return BadInput(in.Name, "is a binary file, not a list", "write one URL on each line")
	}
	return nil
}

// hasBinary reports whether there are bytes that no text has: a line of text may begin with BZh.
func hasBinary(head []byte) bool {
	return slices.ContainsFunc(head, func(c byte) bool { return isControl(c) && !strings.ContainsRune("\t\r\n\f", rune(c)) })
}
