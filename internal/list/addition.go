package list

import (
	"io"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/list/template"
)

// openContent makes what the command line adds to the requests of a list that is no template.
func (l *List) openContent() (err error) {
	o := &l.options
	if l.woven != nil { // then it is a template
		return nil
	}
	if l.query, err = template.NewQuery(o.Query); err != nil || o.Content == nil {
		return err
	}
	if l.content, err = o.Content.Once(); err != nil {
		return format.UnreadableBody(err)
	}
	return nil
}

// standsFor reports whether a body is that of the command line, and not one of the list.
func standsFor(body func() (io.ReadCloser, error)) bool {
	if body == nil {
		return false
	}
	content, err := body()
	if err != nil {
		return false
	}
	defer content.Close()
	_, ok := payload.TemplateOf(content)
	return ok
}

// isTemplate reports whether an argument that is no file is a template that begins with an expression: also one that cannot,
// of which more is said then than that there is no such file.
func (o *Options) isTemplate(arg string) bool {
	return o.fillsIn() && format.IsTemplate(arg)
}

// fillsIn reports whether the entries of the list are templates.
func (o *Options) fillsIn() bool { return o.Rows != "" || len(o.Set) > 0 }
