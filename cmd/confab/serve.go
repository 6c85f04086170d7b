package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/server"
)

// drainTime is how long the server takes to go down at most. [FOC-TRM-09]
const drainTime = 9 * time.Second

func serveCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server until SIGINT or SIGTERM, then drain",
		Long: "Run the server until SIGINT or SIGTERM. It then refuses what is new, ends all\n" +
			"conferences and exits within 10 seconds; a second signal exits at once.\n" +
			"Without a file it serves loopback only, and any local client is who it says it is.",
		Example: "  confab serve\n  confab serve --config /etc/confab.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(file)
			if err != nil {
				return fail(err)
			}
			return fail(serve(cmd.Context(), cfg, file, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `file`; without it the local profile")
	return cmd
}

// loadConfig reads the file, or takes the local profile without one; variables
// of the environment override either.
func loadConfig(file string) (*config.Config, error) {
	return config.Load(file, os.LookupEnv)
}

// serve runs the server of a file until the context ends or a signal comes.
func serve(ctx context.Context, cfg *config.Config, file string, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	level := new(slog.LevelVar)
	level.Set(cfg.Log.Level)
	log := newLogger(cfg.Log.Format, level, stderr)
	for _, name := range config.UnknownVariables(os.Environ()) {
		log.LogAttrs(ctx, slog.LevelWarn, "unknown environment variable", slog.String("name", name))
	}
	s, err := server.New(cfg, log) //nolint:contextcheck // it sends nothing yet
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	if file == "" {
		greet(stdout, cfg, s)
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	for ctx.Err() == nil {
		select {
		case <-reload:
			_ = s.Reload(ctx) // it has said what is wrong, and goes on as before
			reconfigure(ctx, cfg, file, level, log)
		case <-ctx.Done():
		}
	}
	stop() // a second signal ends the program at once
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := s.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// reconfigure reads the file again, applies what can be applied to a server that runs
// and says what cannot.
func reconfigure(ctx context.Context, running *config.Config, file string, level *slog.LevelVar, log *slog.Logger) {
	next, err := loadConfig(file)
	if err != nil {
		log.LogAttrs(ctx, slog.LevelError, "configuration not reloaded", slog.Any("error", err))
		return
	}
	defer level.Set(next.Log.Level)
	restart := slices.DeleteFunc(config.Changed(running, next), func(key string) bool { return key == "log.level" })
	if len(restart) > 0 {
		log.LogAttrs(ctx, slog.LevelWarn, "changed keys take a restart", slog.Any("keys", restart))
		return
	}
	log.LogAttrs(ctx, slog.LevelInfo, "configuration reloaded")
}

// greet tells how to join, for somebody who has just started the local profile.
func greet(stdout io.Writer, cfg *config.Config, s *server.Server) {
	addr, ok := s.Addr("sip", "tcp")
	if !ok || len(cfg.Conferences) == 0 {
		return
	}
	say(stdout, "Join from another terminal:\n  confab chat %s --server %s --transport tcp --as sip:%s@%s\n",
		cfg.Conferences[0].URI, addr, userName(), cfg.Domain)
}

func userName() string {
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "alice"
}

func newLogger(format string, level slog.Leveler, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
