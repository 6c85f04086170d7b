// Command foreign is a SIP user agent that is none of confab's: all it knows of
// SIP is the public library github.com/emiago/sipgo. It calls a conference for
// the interop tests and answers calls for the benchmarks, beside which it is the
// reference. It is a module of its own, so that what it needs is nothing of
// confab's.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/emiago/sipgo/sip"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	sip.SetDefaultLogger(slog.Default())
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "foreign:", err)
		os.Exit(1)
	}
}

// patience is how long a call to a conference may take.
const patience = 2 * time.Minute

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want call, answer or parse")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	network := flags.String("transport", "udp", "udp, tcp, tls or ws")
	uri := flags.String("uri", "", "call this conference")
	to := flags.String("to", "", "by way of this host:port")
	certificate := flags.String("certificate", "", "PEM file for tls")
	key := flags.String("key", "", "PEM file for tls")
	t1 := flags.Duration("t1", sip.T1, "timer T1, of which others are multiples")
	waits := flags.Bool("waits", false, "a goroutine waits for the end of each dialog")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "call":
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return call(ctx, *network, *uri, *to)
	case "answer":
		sip.SetTimers(*t1, sip.T2, sip.T4)
		var pair tls.Certificate
		if *network == "tls" {
			var err error
			if pair, err = tls.LoadX509KeyPair(*certificate, *key); err != nil {
				return err
			}
		}
		return answer(context.Background(), *network, pair, *waits)
	case "parse":
		return parse()
	}
	return fmt.Errorf("unknown command %q", args[0])
}
