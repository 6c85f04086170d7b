package main

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/confab-chat/confab/internal/demo"
)

func demoCommand() *cobra.Command {
	var keep bool
	var verbose bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a conference over real SIP and MSRP sockets",
		Long: "Start a server on free loopback ports, have participants create a conference in it,\n" +
			"invite others, take nicknames, talk in public and in private, remove one of them and\n" +
			"end it, and print the conversation as it happens. Exits 0 only when every step was\n" +
			"seen by everyone who should see it.",
		Example: "  confab demo\n  confab demo --keep",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			log := slog.New(slog.DiscardHandler)
			if verbose {
				log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			}
			return fail(demo.Run(ctx, demo.Config{Out: cmd.OutOrStdout(), Log: log, Keep: keep}))
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the server running afterwards")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show the server's log on stderr")
	return cmd
}
