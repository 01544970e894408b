package list

import (
	"context"
	"io"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// openTemplates reads the heading of the table and all templates.
func (l *List) openTemplates(ctx context.Context, stdin io.Reader) (err error) {
	o := &l.options
	if o.Rows == "-" && l.usesStdin() {
		return format.BadInput("-", "standard input is named twice", "write - once, for the list or for --rows")
	}
	l.filled, err = template.Open(template.Sources{
		Rows: o.Rows, Set: o.Set, Batch: o.Batch, Query: o.Query, Secrets: o.SecretValues, Rules: o.Secrets,
	}, stdin)
	if err != nil {
		return err
	}
	if table := l.filled.Stream(); table != nil {
		l.open = table
	}
	if err := l.readTemplates(ctx); err != nil {
		return err
	}
	l.known = !l.filled.IsStream()
	return l.filled.NameColumn()
}

func (l *List) readTemplates(ctx context.Context) error {
	var bad format.BadLinesError
	onBad := func(line *format.LineError) error {
		bad.Add(line)
		return nil
	}
	for _, in := range l.inputs {
		in.Templates = l.filled.Check
		err := l.read(ctx, in, onBad, func(d *format.Reader) error {
			req := l.options.Template
			d.Fill(&req)
			return l.filled.Add(in, req)
		})
		if err != nil {
			return err
		}
	}
	switch {
	case bad.Count > 0:
		return &bad
	case l.filled.Templates() == 0:
		return l.empty()
	}
	l.filled.FindSecrets(l.own.add, l.isCommon)
	return nil
}
