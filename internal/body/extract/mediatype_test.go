package extract

import (
	"strings"
	"testing"
)

func TestParseType(t *testing.T) {
	for text, want := range map[string]Type{
		"": "", "json": JSON, " JSON ": JSON, "image": "image", "application/PDF": "application/pdf", "image/*": "image/*", "application/vnd.api+json": "application/vnd.api+json",
	} {
		if got, err := ParseType(text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"jsn", "*/*", "a/", "/b", "a/b/c", "a b/c", "text/html; charset=utf-8", "é/x", "\x1b[31m"} {
		if got, err := ParseType(text); err == nil || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
}

func TestCheck(t *testing.T) {
	const csv = "Indicator ID,Area Code\n108,E92000001\n"
	for _, test := range []struct {
		expected          Type
		contentType, body string
		want              string // "" if it will do
	}{
		{"", "text/html", "", ""},
		{JSON, "application/json; charset=utf-8", ethanol, ""},
		{JSON, "text/plain", "[]", ""},
		{JSON, "", "[]", ""},
		{JSON, "text/html; charset=utf-8", "[]", "text/html instead of JSON"},
		{JSON, "application/json", "<!doctype html><title>503", "an HTML page instead of JSON"},
		{JSON, "application/json", "", "an empty body instead of JSON"},
		{JSON, "application/json", "\r\n", "an empty body instead of JSON"},
		{JSON, "application/json", strings.Repeat(" ", 2*HeadSize) + "1", ""},
		{JSON, "application/json", `{"a":`, "not JSON: it ends too early, after 5 bytes"},
		{HTML, "text/html", "<p>", ""},
		{HTML, "application/xhtml+xml", "<p>", ""},
		{HTML, "application/json", "{}", "application/json instead of HTML"},
		{HTML, "text/html", "", "an empty body instead of HTML"},
		{"xml", "application/xml", "<a/>", ""},
		{"xml", "image/svg+xml", "<svg/>", ""},
		{"xml", "application/xhtml+xml", "<html/>", "application/xhtml+xml instead of XML"},
		{CSV, "text/csv; header=present", csv, ""},
		{CSV, "application/octet-stream", csv, ""},
		{CSV, "", csv, ""},
		{CSV, "application/octet-stream", notFound, "JSON instead of CSV"},
		{CSV, "application/octet-stream", "<html>", "an HTML page instead of CSV"},
		{CSV, "application/octet-stream", "a\x00b", "binary data instead of CSV"},
		{CSV, "application/octet-stream", "", "an empty body instead of CSV"},
		{CSV, "application/json", "{}", "application/json instead of CSV"},
		{"text", "text/csv", csv, ""},
		{"text", "text/html", "<p>", "text/html instead of plain text"},
		{"text", "", "abc", "a response without Content-Type instead of plain text"},
		{"image", "image/png", "\x89PNG", ""},
		{"image", "IMAGE/PNG", "\x89PNG", ""},
		{"image", "text/html", "<p>", "text/html instead of an image"},
		{"pdf", "application/pdf", "%PDF-", ""},
		{"application/zip", "application/zip", "PK", ""},
		{"application/zip", "application/pdf", "%PDF-", "application/pdf instead of application/zip"},
		{"chemical/*", "chemical/x-mdl-sdfile", "x", ""},
		{"chemical/*", "chemistry/x", "x", "chemistry/x instead of chemical/*"},
		{"image", "\x1b[31mimage", "x", "an unreadable Content-Type instead of an image"},
		{"text", "text/plain; charset", "x", ""},
	} {
		err := test.expected.Check(test.contentType, []byte(test.body))
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%s, %q, %.20q: got %v, want %q", test.expected, test.contentType, test.body, err, test.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("csv", "application/octet-stream", "a,b\n")
	f.Add("json", "text/html; charset=\"", "{}")
	f.Add("image/*", "image", "")
	f.Fuzz(func(t *testing.T, expected, contentType, body string) {
		typ, err := ParseType(expected)
		if err != nil {
			return
		}
		err = typ.Check(contentType, []byte(body))
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%q", err)
		}
	})
}

// Check is checkHead with a look into JSON.
func (t Type) Check(contentType string, body []byte) error {
	if err := t.checkHead(contentType, body); err != nil || t != JSON {
		return err
	}
	_, err := Decode(body)
	return err
}
