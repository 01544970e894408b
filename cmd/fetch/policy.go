package main

import (
	"context"
	"fmt"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/hostfile"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/web"
)

// policyCommand is `fetch policy`.
func policyCommand(s run.Streams, flags *cli.Flags) *cli.Command {
	return &cli.Command{
		Name: "policy", Arguments: "[HOST]", AsFetch: flags,
		Short: "show the limits that apply to a host, or the presets", Formats: []string{"table", "json"},
		Long: `policy shows what applies to a host, given as HOST, HOST:PORT or a URL, and where
it comes from. Without HOST it lists the presets.

Limits, timeout, what is retried and header fields each come from a preset, a
line of your own file or of --policy FILE, or a flag. All rates hold at once, and
of concurrency limits the lowest. Below that it shows what earlier runs have
learned about the host, and what all runs share.

With -f json it prints one JSON object.`,
		Example: `  fetch policy
  fetch policy pubchem.ncbi.nlm.nih.gov
  fetch policy api.example.org --rate-host 2/s --policy hosts.toml`,
		Run: func(_ context.Context, args []string) error {
			f, err := flags.Settle("policy")
			switch {
			case err != nil:
				return err
			case len(args) > 1:
				return exit.Usage(fmt.Errorf("policy: %d hosts: name one, or none to list the presets", len(args)))
			}
			var shown interface{ Text() []byte }
			if len(args) == 0 {
				shown = policy.List()
			} else {
				host, err := hostOf(args[0])
				if err != nil {
					return exit.Usage(fmt.Errorf("policy: %w; write HOST, HOST:PORT or a URL", err))
				}
				rows := f.PolicyRows(host)
				for _, r := range hostfile.Open(f.Testserver).Describe(host) {
					rows = append(rows, policy.Row{What: r.What, Value: r.Value, From: r.From})
				}
				shown = &policy.Shown{V: policy.Version, Host: host, Rows: rows}
			}
			text := shown.Text()
			switch f.Format {
			case "table":
			case "json":
				text = record.AppendAnyLine(nil, shown)
			default:
				return exit.Usage(fmt.Errorf("policy -f %s: table or json", f.Format))
			}
			_, err = s.Out.Write(text)
			return err
		},
	}
}

// hostOf is a host "name:port" of a host or a URL: of one without a port, that of https.
func hostOf(text string) (string, error) {
	if host := web.HostOf(text); host != "" {
		return host, nil
	}
	spec, err := web.ParseHostSpec(text)
	if err == nil && spec.Port == "" {
		spec.Port = web.DefaultPort("https")
	}
	return spec.String(), err
}
