// Command confab is a messaging-conference server and participant for SIP
// networks: see the README, or run it with --help.
//
// This package holds flags, wiring and terminal output. What the commands do is
// in the packages they call.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes the program and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand() //nolint:contextcheck // the commands get it from ExecuteContextC
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var failed *failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &failed):
		if !failed.told {
			say(stderr, "confab: %v\n", failed.err)
		}
		return exitFailed
	}
	say(stderr, "confab: %v; %s --help tells how\n", err, cmd.CommandPath())
	return exitUsage
}

// say writes to a terminal or pipe; a reader that is gone is nobody to tell.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// failure is an error of the work itself; every other error of a command is
// wrong usage.
type failure struct {
	err  error
	told bool // the user has read of it already
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail marks an error as one of the work itself.
func fail(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err: err}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "confab",
		Short: "Messaging conferences over SIP and MSRP",
		Long: "confab is a messaging-conference server and participant for SIP networks:\n" +
			"conference focus, MSRP switch and conference notification service of 3GPP TS 24.247.",
		Example:       "  confab demo\n  confab serve\n  confab chat sip:lobby@conf.localhost --server 127.0.0.1:5060 --as sip:alice@conf.localhost",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(serveCommand(), chatCommand(), demoCommand(), conferenceCommand(), configCommand(), versionCommand())
	return root
}
