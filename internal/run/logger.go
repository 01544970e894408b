package run

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// newLogger gives the engine's log the look of our own messages: one line each, without time and level.
func newLogger(w io.Writer, least slog.Level) *slog.Logger {
	return slog.New(&lineHandler{w: w, least: least})
}

// logLevel is what the engine may tell: warnings, and with -v why something was not tried again.
func logLevel(verbose bool) slog.Level {
	if verbose {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// lineHandler is a slog.Handler; w must be safe for concurrent use.
type lineHandler struct {
	w     io.Writer
	least slog.Level
	attrs []slog.Attr
}

func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.least }

func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString("fetch: " + r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&b, "; %s %v", strings.ReplaceAll(a.Key, "_", " "), a.Value)
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	b.WriteByte('\n')
	_, err := io.WriteString(h.w, b.String())
	return err
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{h.w, h.least, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup leaves groups out: the engine makes none.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }
