package cli

import (
	"github.com/spf13/pflag"

	"example.com/fetch/internal/spec"
)

func DefineChoice(c *spec.Choice, flags *pflag.FlagSet) {
	flags.Var(&c.Classes, "class", "only what failed with one of these classes: timeout_ttfb,rate_limited; timeout for all of them")
	flags.Var(&c.Statuses, "status", "only what failed with one of these statuses: 429,5xx")
	flags.StringArrayVar(&c.Hosts, "host", nil, "only what failed at `HOST[:PORT]`; repeatable")
	flags.StringVar(&c.Where, "where", "", "`JQ` expression over records: those for which it holds, whether they failed or not")
}
