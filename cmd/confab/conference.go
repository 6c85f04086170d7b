package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/confab-chat/confab/internal/admin"
)

// access is how the commands below `confab conference` reach the server.
type access struct {
	api, tokenFile, output string
}

func conferenceCommand() *cobra.Command {
	a := &access{}
	cmd := &cobra.Command{
		Use:   "conference",
		Short: "Administer the conferences of a server over its HTTP API",
		Long: "Administer the conferences of a server over its HTTP API.\n\n" +
			"The server is --api or CONFAB_API, its token in --token-file or CONFAB_TOKEN; a server\n" +
			"without token answers commands on its own host only.",
		Example: "  confab conference list\n  confab conference show sip:lobby@conf.localhost\n" +
			"  confab conference invite sip:lobby@conf.localhost sip:bob@example.test",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&a.api, "api", "", "URL of the server's API (env CONFAB_API, default http://127.0.0.1:8080)")
	flags.StringVar(&a.tokenFile, "token-file", "", "file with the bearer token (env CONFAB_TOKEN is the token itself)")
	flags.StringVar(&a.output, "output", "text", "text or json")
	cmd.AddCommand(
		a.command("list", "List the conferences", 0, func(ctx context.Context, c *admin.Client, _ []string) error {
			return c.List(ctx)
		}),
		a.command("show URI", "Show a conference with its roster", 1, func(ctx context.Context, c *admin.Client, args []string) error {
			return c.Show(ctx, args[0])
		}),
		a.create(), a.end(), a.remove(), a.history(),
		a.command("invite URI USER", "Have the focus call a user", 2, func(ctx context.Context, c *admin.Client, args []string) error {
			return c.Invite(ctx, args[0], args[1])
		}),
		a.command("lock URI", "Lock a conference to newcomers", 1, func(ctx context.Context, c *admin.Client, args []string) error {
			return c.Lock(ctx, args[0], true)
		}),
		a.command("unlock URI", "Open a locked conference", 1, func(ctx context.Context, c *admin.Client, args []string) error {
			return c.Lock(ctx, args[0], false)
		}),
	)
	return cmd
}

// command makes a command that takes n arguments.
func (a *access) command(use, short string, n int, run func(context.Context, *admin.Client, []string) error) *cobra.Command {
	example := "  confab conference " + strings.NewReplacer("URI", "sip:lobby@conf.localhost", "USER", "sip:bob@example.test").Replace(use)
	return &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(n),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client(cmd)
			if err != nil {
				return err
			}
			return fail(run(cmd.Context(), client, args))
		},
	}
}

func (a *access) create() *cobra.Command {
	var allocation admin.Allocation
	cmd := a.command("create", "Allocate a conference URI", 0, func(ctx context.Context, c *admin.Client, args []string) error {
		if len(args) > 0 {
			allocation.URI = args[0]
		}
		return c.Create(ctx, allocation)
	})
	cmd.Use, cmd.Args = "create [URI]", cobra.MaximumNArgs(1)
	cmd.Long = "Allocate a conference URI of the server's domain; without URI one that nobody can guess."
	cmd.Example = "  confab conference create sip:shift@conf.localhost --subject \"Monday shift\""
	flags := cmd.Flags()
	flags.StringVar(&allocation.Subject, "subject", "", "what it is about")
	flags.StringVar(&allocation.Owner, "owner", "", "address of record of the owner")
	flags.StringArrayVar(&allocation.Members, "member", nil, "address of record or domain of members (repeatable)")
	flags.StringArrayVar(&allocation.Moderators, "moderator", nil, "address of record of a moderator (repeatable)")
	flags.BoolVar(&allocation.Once, "once", false, "for one conference only")
	return cmd
}

func (a *access) end() *cobra.Command {
	var release bool
	cmd := a.command("end URI", "End a conference: everybody is sent away", 1, func(ctx context.Context, c *admin.Client, args []string) error {
		return c.End(ctx, args[0], release)
	})
	cmd.Flags().BoolVar(&release, "release", false, "give the URI of a reserved conference up, too")
	return cmd
}

func (a *access) remove() *cobra.Command {
	var again bool
	cmd := a.command("remove URI USER", "Take a user out", 2, func(ctx context.Context, c *admin.Client, args []string) error {
		return c.Remove(ctx, args[0], args[1], !again)
	})
	cmd.Flags().BoolVar(&again, "may-return", false, "do not bar the user")
	return cmd
}

func (a *access) history() *cobra.Command {
	var limit int
	cmd := a.command("history URI", "Print what was said", 1, func(ctx context.Context, c *admin.Client, args []string) error {
		return c.History(ctx, args[0], limit)
	})
	cmd.Flags().IntVar(&limit, "limit", 0, "the last messages only; 0 for all that are kept")
	return cmd
}

// client is the client that flags and environment describe.
func (a *access) client(cmd *cobra.Command) (*admin.Client, error) {
	if a.output != "text" && a.output != "json" {
		return nil, fmt.Errorf("--output is %q, not text or json", a.output)
	}
	token, err := readToken(a.tokenFile)
	if err != nil {
		return nil, fail(err)
	}
	return &admin.Client{
		URL:   cmp.Or(a.api, os.Getenv("CONFAB_API"), defaultAPI),
		Token: token, JSON: a.output == "json", Out: cmd.OutOrStdout(),
	}, nil
}

// defaultAPI is where the API of the local profile is.
const defaultAPI = "http://127.0.0.1:8080"

// readToken returns the bearer token in a file, or in the environment if none is named.
func readToken(file string) (string, error) {
	if file == "" {
		return os.Getenv("CONFAB_TOKEN"), nil
	}
	token, err := os.ReadFile(file) //nolint:gosec // G304: the user names the file
	return strings.TrimSpace(string(token)), err
}
