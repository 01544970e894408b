package payload_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/payload"
)

// contentOf reads a payload, and compares its length.
func contentOf(t *testing.T, p *payload.Payload) string {
	t.Helper()
	r, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if int64(len(content)) != p.Length() {
		t.Errorf("%d bytes, and the length is %d", len(content), p.Length())
	}
	return string(content)
}

// write makes a file in a folder of its own.
func write(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.bin")
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestParts(t *testing.T) {
	small, large := "a\r\n\x00\xff{x}", strings.Repeat("0123456789", 300_000)
	spec := payload.Spec{Parts: []payload.Part{
		{Text: "a=b c"}, {Text: "&", Escape: payload.JSON}, {Text: "x y=ü", Escape: payload.All}, {Path: write(t, small)}, {Path: write(t, large)}, {Text: "end"},
	}}
	want := "a=b c&x+y%3D%C3%BC" + small + large + "end"
	for _, opened := range []bool{false, true} {
		if opened {
			if err := openFiles(&spec); err != nil {
				t.Fatal(err)
			}
		}
		p, err := spec.Make()
		if err != nil {
			t.Fatal(err)
		}
		if got := contentOf(t, p) + contentOf(t, p); got != want+want {
			t.Errorf("opened %v: %.100q", opened, got)
		}
	}
}

// A file that has changed, in whatever way and whenever, is an error before its last bytes have gone out.
func TestChangedFile(t *testing.T) {
	large := strings.Repeat("x", payload.MaxHeld+1)
	changes := map[string]func(name string) error{
		"longer":   func(name string) error { return os.Truncate(name, int64(len(large))+1) },
		"shorter":  func(name string) error { return os.Truncate(name, 10) },
		"empty":    func(name string) error { return os.Truncate(name, 0) },
		"replaced": func(name string) error { return os.Rename(write(t, large), name) },
		"gone":     os.Remove,
		"written": func(name string) error {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("y"), 5)
			later := time.Now().Add(time.Minute) // the clock of a file system may be coarse
			return errors.Join(err, f.Close(), os.Chtimes(name, later, later))
		},
	}
	for what, change := range changes {
		for _, begun := range []bool{false, true} {
			if begun && (what == "gone" || what == "replaced") {
				continue // what is open is read to its end
			}
			name := write(t, large)
			spec := payload.Spec{Parts: []payload.Part{{Path: name}}}
			if err := openFiles(&spec); err != nil {
				t.Fatal(err)
			}
			p, err := spec.Make()
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			read := func() error {
				r, err := p.Open()
				if err != nil {
					return err
				}
				defer r.Close()
				if begun {
					n, err = io.ReadFull(r, make([]byte, 5000))
					if err := errors.Join(err, change(name)); err != nil {
						t.Fatal(err)
					}
				}
				rest, err := io.ReadAll(r)
				n += len(rest)
				return err
			}
			if !begun {
				if err := change(name); err != nil {
					t.Fatal(err)
				}
			}
			err = read()
			if own, isOwn := errors.AsType[*fetcher.Error](err); err == nil || what != "gone" && (!isOwn || own.Kind != fetcher.KindInput) || n >= len(large) {
				t.Errorf("%s, begun %v: %d bytes, %v", what, begun, n, err)
			}
		}
	}
}

// A small file is read once, so that nothing that becomes of it changes what is sent.
func TestSmallFileIsHeld(t *testing.T) {
	name := write(t, "as it was")
	spec := payload.Spec{Parts: []payload.Part{{Path: name}}}
	if err := openFiles(&spec); err != nil {
		t.Fatal(err)
	}
	p, err := spec.Make()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("something else"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := contentOf(t, p); got != "as it was" {
		t.Errorf("%q", got)
	}
}

// The boundary of a form is the same each time, tells nothing of what is in the fields, and stands in none of them.
func TestBoundary(t *testing.T) {
	boundary := func(fields ...payload.Field) string {
		t.Helper()
		p, err := (&payload.Spec{Fields: fields}).Make()
		if err != nil {
			t.Fatal(err)
		}
		return p.Boundary
	}
	first := boundary(payload.Field{Name: "a", Part: payload.Part{Text: "1"}})
	if other := boundary(payload.Field{Name: "a", Part: payload.Part{Text: "a secret"}}); other != first {
		t.Errorf("%s, and with another value %s", first, other)
	}
	if other := boundary(payload.Field{Name: "b", Part: payload.Part{Text: "1"}}); other == first {
		t.Errorf("another name has the same boundary, %s", other)
	}
	for _, before := range []int{0, 1, 64<<10 - 50, 64<<10 - 20, 64<<10 - 1, 200_000} { // the file is looked through by pieces
		text := strings.Repeat("-", before)
		for range 3 { // each content has the boundary of the one before in it
			inFile := boundary(payload.Field{Name: "a", Part: payload.Part{Path: write(t, text)}})
			inText := boundary(payload.Field{Name: "a", Part: payload.Part{Text: text}})
			if strings.Contains(text, inFile) || strings.Contains(text, inText) {
				t.Errorf("the boundary is in %d bytes", len(text))
			}
			text += inFile + inText
		}
	}
}

// FuzzForm: what a form was made of is what another reader of forms finds in it.
func FuzzForm(f *testing.F) {
	f.Add("name", "value", "file name.txt", "content\r\n--")
	f.Add(`q"uo\te`, "\r\n\r\n------------------------", `a;b".csv`, "\x00\xff")
	f.Add("", "", "", "")
	file := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, name, value, filename, content string) {
		if strings.ContainsAny(name+filename, "\r\n%\\\x00/") || !isText(name+filename) || strings.TrimSpace(filename) != filename {
			t.Skip("the reader decodes such names in its own way")
		}
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := (&payload.Spec{Fields: []payload.Field{{Name: name, Part: payload.Part{Text: value}}, {Name: name, Part: payload.Part{Path: file}, Filename: filename, Type: "text/x"}}}).Make()
		if err != nil {
			t.Fatal(err)
		}
		r := multipart.NewReader(strings.NewReader(contentOf(t, p)), p.Boundary)
		for i, want := range []string{value, content} {
			part, err := r.NextRawPart()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(part)
			if err != nil || !bytes.Equal(got, []byte(want)) {
				t.Errorf("part %d: %q, want %q; %v", i, got, want, err)
			}
			if got := strings.ReplaceAll(part.FormName(), "%22", `"`); got != name {
				t.Errorf("part %d is called %q, want %q", i, got, name)
			}
			if i == 1 && filename != "" && strings.ReplaceAll(part.FileName(), "%22", `"`) != filename {
				t.Errorf("the file is called %q, want %q", part.FileName(), filename)
			}
		}
		if _, err := r.NextRawPart(); err != io.EOF {
			t.Errorf("there is a further part: %v", err)
		}
	})
}

// isText reports whether a text has nothing in it but what is printed.
func isText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xFFFD }) < 0
}

func openFiles(s *payload.Spec) error {
	for i := range s.Len() {
		if err := s.At(i).Open(); err != nil {
			return err
		}
	}
	return nil
}
