package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/run"
	"example.com/fetch/testserver"
)

// serveCommand is `fetch serve`.
func serveCommand(s run.Streams) *cli.Command {
	listen, secure, certificate := "", false, ""
	quick, options := false, testserver.Options{}
	return &cli.Command{
		Name:  "serve",
		Short: "run the bundled slow server",
		Long: `serve runs the bundled slow server, to try fetch and other tools against.

  GET /2                      waits 2 s, sends {"time_elapsed": 2}; also /0.25
  GET /sample?dist=lognormal&p50=200ms&p99=2s&size=10k&capacity=8
  GET /status/404  /flaky/KEY/2  /bytes/1000  /range/1000  /redirect/3  /echo
  GET /page/1                 a list by pages, with Link: rel=next
  GET /cursor?size=10&pages=5 a list by pages that name the next in the body
  GET /etag/TAG  /versioned/NAME  things with an ETag; POST makes a new version
  GET /sensor/temperature     a reading; also pressure, humidity and co2
  GET /crawl/3                a page of HTML with a link to the next one
  GET /limit/NAME/…?rate=5    or host NAME.limit.test: refuses what exceeds it;
                              /limit/ lists the rules and the dialects
  GET /fault/                 faults by name: /fault/NAME
  GET /fingertips/api/…       or host fingertips.test: public health data, slow
  GET /pubchem/rest/pug/…     or host pubchem.test: compounds, 5 requests a
                              second and no more; searches that take time
  GET /__truth                what the server itself saw: hops, counts, peak

GET / lists them with all their parameters.`,
		Example: "  fetch serve --listen 127.0.0.1:8000\n  fetch --testserver=127.0.0.1:8000 testdata/quick.txt",
		Own: func(own *pflag.FlagSet) {
			own.StringVar(&listen, "listen", "127.0.0.1:8000", "`ADDRESS` address to listen on, or a port of 127.0.0.1")
			own.BoolVar(&secure, "tls", false, "also listen on a free port with TLS and HTTP/2, with a new certificate")
			own.StringVar(&certificate, "cert-out", "", "`FILE` file to write that certificate to, for --cacert; implies --tls")
			own.Uint64Var(&options.Seed, "seed", 0, "`NUMBER` seed of everything random")
			own.Float64Var(&options.EmptyRate, "empty", 0, "`SHARE` share of Fingertips responses that are empty, 0 to 1")
			own.BoolVar(&options.PubChemFree, "unlimited", false, "PubChem without its rate limit")
			own.BoolVar(&quick, "quick", false, "PubChem and Fingertips without their delays")
			own.SortFlags = false
		},
		Run: func(ctx context.Context, _ []string) error {
			if _, err := strconv.ParseUint(listen, 10, 16); err == nil { // a port alone
				listen = net.JoinHostPort("127.0.0.1", listen)
			}
			if _, _, err := net.SplitHostPort(listen); err != nil {
				return exit.Usage(fmt.Errorf("serve: --listen %s: write PORT or HOST:PORT, such as 127.0.0.1:8000", listen))
			}
			if !(options.EmptyRate >= 0 && options.EmptyRate <= 1) {
				return exit.Usage(fmt.Errorf("serve: --empty %v: from 0 to 1", options.EmptyRate))
			}
			if quick {
				atOnce := testserver.Delay{Max: -1}
				options.PubChemDelay, options.FingertipsDelay, options.PubChemSearch = atOnce, atOnce, atOnce
			}
			config := testserver.Config{Listen: listen, TLS: secure || certificate != "", Options: options}
			return serve(ctx, s, config, certificate)
		},
	}
}

// drainTime is how long a stopping server lets requests in flight end.
const drainTime = 2 * time.Second

func serve(ctx context.Context, s run.Streams, config testserver.Config, certificate string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server, err := testserver.Start(context.WithoutCancel(ctx), config)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	if certificate != "" {
		if err := os.WriteFile(certificate, server.CertPEM(), 0o666); err != nil {
			server.Close()
			return fmt.Errorf("serve: --cert-out: %w", err)
		}
	}
	fmt.Fprintln(s.Err, "fetch serve: listening on", server.URL())
	if config.TLS {
		fmt.Fprintf(s.Err, "fetch serve: listening on https://%s\n", server.TLSAddr())
	}
	<-ctx.Done()
	stop() // a second signal ends the program at once
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
