package transport

import "context"

// Context is a context that can be cancelled, with the values of another beside its own.
type Context struct {
	context.Context
	Values context.Context // go before
}

// Value is that of either.
func (c *Context) Value(key any) any {
	if v := c.Values.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}
