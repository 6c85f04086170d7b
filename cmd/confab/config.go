package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/confab-chat/confab/internal/config"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Check a configuration file, or print the effective one",
		Example: "  confab config check confab.yaml\n  confab config print",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(configCheckCommand(), configPrintCommand())
	return cmd
}

func configCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Report every fault of a file as FILE:LINE:COLUMN: text",
		Example: "  confab config check confab.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range config.UnknownVariables(os.Environ()) {
				say(cmd.ErrOrStderr(), "unknown environment variable %s\n", name)
			}
			_, err := config.Load(args[0], os.LookupEnv)
			if err == nil {
				return nil
			}
			var faults config.Faults
			if errors.As(err, &faults) {
				say(cmd.OutOrStdout(), "%v\n", err)
				return &failure{err: err, told: true}
			}
			return fail(err)
		},
	}
}

func configPrintCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "print [FILE]",
		Short:   "Print the effective configuration with every default",
		Long:    "Print the configuration that the file makes, every default and comment included;\nwithout a file, that of the local profile.",
		Example: "  confab config print > confab.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			cfg, err := loadConfig(file)
			if err != nil {
				return fail(err)
			}
			return fail(config.Print(cmd.OutOrStdout(), cfg))
		},
	}
}
