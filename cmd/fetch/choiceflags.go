package main

import "github.com/spf13/pflag"

func defineChoice(c *choice, flags *pflag.FlagSet) {
	flags.Var(&c.classes, "class", "only what failed with one of these classes: timeout_ttfb,rate_limited; timeout for all of them")
	flags.Var(&c.statuses, "status", "only what failed with one of these statuses: 429,5xx")
	flags.StringArrayVar(&c.hosts, "host", nil, "only what failed at `HOST[:PORT]`; repeatable")
	flags.StringVar(&c.where, "where", "", "`JQ` expression over records: those for which it holds, whether they failed or not")
}
