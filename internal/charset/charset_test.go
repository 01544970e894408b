package charset

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestIconv: what iconv makes of a text is that text again, as a whole and as a stream.
func TestIconv(t *testing.T) {
	if _, err := exec.LookPath("iconv"); err != nil {
		t.Skip("iconv is not there")
	}
	const (
		western  = "naïve café – 5 € “quoted” ÄÖÜß"
		cyrillic = "Привет, мир"
		japanese = "日本語のテキスト、カタカナ"
		all      = western + cyrillic + japanese + "한국어 漢字 \U0001F600"
	)
	for _, tt := range []struct{ charset, iconv, text string }{
		{"iso-8859-1", "ISO-8859-1", "naïve café ÄÖÜß ÿ"},
		{"latin1", "ISO-8859-1", "café"},
		{"windows-1252", "CP1252", western},
		{"iso-8859-15", "ISO-8859-15", "café 5 €"},
		{"ISO-8859-2", "ISO-8859-2", "Zażółć gęślą jaźń"},
		{"windows-1251", "CP1251", cyrillic},
		{"koi8-r", "KOI8-R", cyrillic},
		{"shift_jis", "SHIFT_JIS", japanese},
		{"euc-jp", "EUC-JP", japanese},
		{"iso-2022-jp", "ISO-2022-JP", japanese},
		{"euc-kr", "EUC-KR", "한국어"},
		{"big5", "BIG5", "繁體中文"},
		{"gbk", "GBK", "简体中文"},
		{"gb18030", "GB18030", all},
		{"utf-8", "UTF-8", all},
		{"utf-16", "UTF-16", all}, // with a mark
		{"utf-16le", "UTF-16LE", all},
		{"utf-16be", "UTF-16BE", all},
		{"utf-32", "UTF-32", all},
		{"utf-32le", "UTF-32LE", all},
	} {
		cmd := exec.Command("iconv", "-f", "UTF-8", "-t", tt.iconv)
		cmd.Stdin = strings.NewReader(tt.text)
		body, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", tt.iconv, err)
			continue
		}
		contentType := "text/plain; charset=" + tt.charset
		text, notes := Of(contentType, body).Text(body)
		if string(text) != tt.text || notes != nil {
			t.Errorf("%s: got %q, %v", tt.charset, text, notes)
		}
		note := func(n string) { t.Errorf("%s: %s", tt.charset, n) }
		r, err := Reader(contentType, iotest.OneByteReader(bytes.NewReader(body)), note)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); string(text) != tt.text || err != nil {
			t.Errorf("%s, streamed: got %q, %v", tt.charset, text, err)
		}
	}
}

// TestOf: what decides, and what is noted.
func TestOf(t *testing.T) {
	for _, tt := range []struct {
		contentType, body, want string
		notes                   string
	}{
		{"", "caf\xc3\xa9", "café", ""},
		{"", "caf\xe9", "caf\xe9", "invalid_bytes"},
		{"text/plain; charset=utf-8", "caf\xe9", "caf\xe9", "invalid_bytes"},
		{"text/plain", "\xef\xbb\xbfx", "x", ""},
		{"text/plain; charset=iso-8859-1", "\xef\xbb\xbf\xc3\xa9", "é", ""}, // the mark goes before
		{"text/plain; charset=utf-8", "\xff\xfex\x00", "x", ""},
		{"", "\xfe\xff\x00x", "x", ""},
		{"", "\xff\xfe\x00\x00x\x00\x00\x00", "x", ""},
		{"text/csv;charset=\"ISO-8859-1\"", "\xe9", "é", ""},
		{"text/csv; header=present; Charset='windows-1252' ", "\x80", "€", ""},
		{"text/html; charset=iso-8859-1; charset=utf-8", "\xe9", "é", ""},
		{"text/html;charset", "x", "x", ""},
		{"text/html; charset=", "x", "x", ""},
		{"text/plain; charset=us-ascii", "caf\xc3\xa9", "café", ""},
		{"text/plain; charset=klingon", "\xe9", "\xe9", "unknown_charset invalid_bytes"},
		{"text/plain; charset=hz-gb-2312", "~{VPND~}", "~{VPND~}", "unknown_charset"}, // not U+FFFD alone
		{"text/plain; charset=iso-8859-1", "caf\xc3\xa9", "cafÃ©", "doubtful_charset"},
		{"text/plain; charset=shift_jis", "\x82\xa0\x82", "あ\uFFFD", "invalid_bytes"},
		{"text/plain; charset=utf-16le", "x\x00\x00\xd8y\x00z", "x\uFFFDy\uFFFD", "invalid_bytes"},
		{"text/plain; charset=euc-kr", "\xff", "\uFFFD", "invalid_bytes"},
		{"text/plain; charset=utf-16", "x\x00", "x", ""},
	} {
		text, notes := Of(tt.contentType, []byte(tt.body)).Text([]byte(tt.body))
		if string(text) != tt.want || strings.Join(notes, " ") != tt.notes {
			t.Errorf("%s %q: got %q, %q", tt.contentType, tt.body, text, notes)
		}
	}
}

// TestOfJSON: the zero bytes tell, without a mark or a parameter.
func TestOfJSON(t *testing.T) {
	for _, tt := range []struct{ contentType, body, want string }{
		{"application/json", "{\x00}\x00", "{}"},
		{"application/json", "\x00{\x00}", "{}"},
		{"application/json", "1\x00", "1"},
		{"application/json", "\x001", "1"},
		{"application/json", "\"\x00\xe5\x65\"\x00", `"日"`},
		{"", "{\x00\x00\x00}\x00\x00\x00", "{}"},
		{"", "\x00\x00\x00{\x00\x00\x00}", "{}"},
		{"", "1\x00\x00\x00", "1"},
		{"", "\x00\x00\xfe\xff\x00\x00\x001", "1"},
		{"application/json; charset=utf-16", "\x00{\x00}", "{}"},
		{"application/json; charset=utf-16", "{\x00}\x00", "{}"},
		{"application/json; charset=iso-8859-1", "\"\xe9\"", `"é"`},
		{"application/json", "{}", "{}"},
		{"application/json", "", ""},
		{"application/json", "1", "1"},
	} {
		text, notes := OfJSON(tt.contentType, []byte(tt.body)).Text([]byte(tt.body))
		if string(text) != tt.want || notes != nil {
			t.Errorf("%s %q: got %q, %q", tt.contentType, tt.body, text, notes)
		}
	}
}

// TestReader: what a program reads, from a file.
func TestReader(t *testing.T) {
	long := strings.Repeat("x", 2*headSize)
	for _, tt := range []struct {
		contentType, body, want string
		notes                   []string
		same                    bool // the file itself
	}{
		{"text/plain", "caf\xe9", "caf\xe9", []string{NoteInvalidBytes}, true},
		{"text/plain; charset=utf-8", "caf\xe9", "caf\xe9", []string{NoteInvalidBytes}, true},
		{"text/plain; charset=latin1", long + "\xe9", long + "é", nil, false},
		{"application/json", "\xef\xbb\xbf{}", "{}", nil, false},
		{"text/csv", "\xff\xfea\x00", "a", nil, false},
		{"", "\xef\xbb\xbfx", "x", nil, false},
		{"application/problem+json; charset=latin1", "\xe9", "é", nil, false},
		{"text/plain; charset=klingon", "\xe9", "\xe9", []string{NoteUnknown}, true},
		{"text/plain; charset=euc-kr", long + "\xff", long + "\uFFFD", []string{NoteInvalidBytes}, false},
		{"application/json", "{\x00}\x00", "{}", nil, false},
		{"text/csv", "a\x00b\x00", "a\x00b\x00", nil, true},
		{"application/json", "\x00\x00\x00\x00", "\x00\x00\x00\x00", nil, true},
		// What is no text keeps its bytes, whatever its charset.
		{"application/pdf; charset=ISO-8859-1", "%PDF\xe9", "%PDF\xe9", nil, true},
		{"audio/mpeg", "\xff\xfe\x00x", "\xff\xfe\x00x", nil, true},
		{"application/octet-stream", "\xef\xbb\xbfx", "\xef\xbb\xbfx", nil, true},
		{"image/png; charset=utf-16", "\x89PNG", "\x89PNG", nil, true},
		// Documents that name their charset.
		{"text/xml; charset=iso-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", nil, true},
		{"application/atom+xml; charset=iso-8859-1", "<?xml version='1.0'?><a>\xe9</a>", "<?xml version='1.0'?><a>é</a>", nil, false},
		{"text/html; charset=iso-8859-1", "<html><META http-equiv=x content='text/html; charset=iso-8859-1'>\xe9", "<html><META http-equiv=x content='text/html; charset=iso-8859-1'>\xe9", nil, true},
		{"text/html; charset=iso-8859-1", "<html>\xe9", "<html>é", nil, false},
		{"application/json; charset=iso-8859-1", "\"<meta charset=x>\xe9\"", "\"<meta charset=x>é\"", nil, false},
		{"text/plain; charset=latin1", "", "", nil, false},
	} {
		name := filepath.Join(t.TempDir(), "body")
		if err := os.WriteFile(name, []byte(tt.body), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var notes []string
		r, err := Reader(tt.contentType, file, func(n string) { notes = append(notes, n) })
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if string(got) != tt.want || err != nil || !slices.Equal(notes, tt.notes) || (r == io.Reader(file)) != tt.same {
			t.Errorf("%s %.40q: got %.60q, %v, notes %q, the file itself: %v", tt.contentType, tt.body, got, err, notes, r == io.Reader(file))
		}
	}
}

// FuzzText: whatever a body is, its text is UTF-8 unless a note says otherwise, and a stream of it is the same.
func FuzzText(f *testing.F) {
	f.Add("text/plain; charset=utf-16", []byte("x\x00"))
	f.Add("text/plain; charset=iso-2022-jp", []byte("\x1b$B"))
	f.Add("; charset=gb18030", []byte("\x84\x31\xa4\x37"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		c := Of(contentType, body)
		text, notes := c.Text(body)
		if !bytes.Equal([]byte(strings.ToValidUTF8(string(text), "")), text) && !slices.Contains(notes, NoteInvalidBytes) {
			t.Errorf("%q, %q", text, notes)
		}
		OfJSON(contentType, body).Text(body)
		var streamed []string
		r, err := Reader(contentType, iotest.OneByteReader(bytes.NewReader(body)), func(n string) { streamed = append(streamed, n) })
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if IsText(contentType) && c.encoding != nil && !strings.Contains(contentType, "json") && !declares.Match(text[:min(len(text), headSize)]) && !bytes.Equal(got, text) {
			t.Errorf("streamed %q, whole %q", got, text)
		}
	})
}
