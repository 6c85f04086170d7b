package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/confab-chat/confab/internal/chat"
)

// chatFlags are the flags of chat as they were given.
type chatFlags struct {
	as, server, transport, output string
	media, api, tokenFile         string
	username, passwordFile, ca    string
	nickname, accept, listen      string
	files                         string
	invite                        []string
	create, plain, insecure       bool
	anonymous, register           bool
	preconditions                 bool
}

func chatCommand() *cobra.Command {
	var f chatFlags
	cmd := &cobra.Command{
		Use:   "chat [URI]",
		Short: "Take part in a conference",
		Long: "Take part in a conference: every line of input is a message, a line that begins\n" +
			"with / is a command; /help lists them. The end of input leaves the conference.\n" +
			"Without a URI it waits to be invited.",
		Example: "  confab chat sip:lobby@conf.localhost --server 127.0.0.1:5060 --as sip:alice@conf.localhost\n" +
			"  confab chat sip:factory@conf.localhost --create --invite sip:bob@127.0.0.1:5070 --as sip:alice@conf.localhost\n" +
			"  confab chat --as sip:bob@conf.localhost --listen 127.0.0.1:5070 --accept all\n" +
			"  echo 'backup done' | confab chat sip:ops@conf.example.test --as sip:cron@example.test --output json",
		Args: chatArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runChat(cmd, strings.Join(args, ""), &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.as, "as", "", "SIP `URI` of the user; default: the login name at the conference's domain")
	flags.StringVar(&f.username, "username", "", "`name` to log in with; default: the user part of --as")
	flags.StringVar(&f.passwordFile, "password-file", "", "`file` with the password; default: the variable CONFAB_PASSWORD")
	flags.StringVar(&f.server, "server", "", "`host:port` that requests are sent to, for ws and wss with a /path if that is not /sip; default: where the URI leads")
	flags.StringVar(&f.transport, "transport", "udp", "udp, tcp, tls, ws or wss")
	flags.StringVar(&f.media, "media", "tcp", "how messages are carried: tcp, tls or, for WebSocket, a ws or wss `URL`")
	flags.StringVar(&f.ca, "ca", "", "PEM `file` of roots to trust for TLS, besides the system's")
	flags.BoolVar(&f.insecure, "insecure", false, "take any certificate: for tests only, anybody can listen in")
	flags.BoolVar(&f.create, "create", false, "URI is a factory: create a conference")
	flags.StringArrayVar(&f.invite, "invite", nil, "`URI` of a user to invite; with --create in the request itself (repeatable)")
	flags.StringVar(&f.nickname, "nickname", "", "nickname to take")
	flags.StringVar(&f.accept, "accept", "", "what happens to invitations: ask, all or none; default: ask at a terminal, else none")
	flags.BoolVar(&f.register, "register", false, "register at the domain of --as first, so that others reach you there")
	flags.BoolVar(&f.anonymous, "anonymous", false, "do not tell the others who you are")
	flags.StringVar(&f.listen, "listen", "", "local `address`, with or without port, that calls are received on")
	flags.StringVar(&f.files, "files", "", "`folder` in which files are saved that others send to the user; default: they are refused")
	flags.BoolVar(&f.plain, "plain", false, "line mode, which is the only one in this version")
	flags.StringVar(&f.output, "output", "text", "text or json")
	flags.BoolVar(&f.preconditions, "preconditions", false, "have the focus wait for resources, as UEs of IMS do")
	flags.StringVar(&f.api, "api", "", "`URL` of the server's API, for /lock (env CONFAB_API)")
	flags.StringVar(&f.tokenFile, "token-file", "", "`file` with the bearer token of the API (env CONFAB_TOKEN is the token itself)")
	return cmd
}

func chatArguments(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return errors.New("chat: one URI at most")
	}
	return nil
}

// check finds wrong usage.
func (f *chatFlags) check() error {
	switch f.transport {
	case "udp", "tcp", "tls", "ws", "wss":
	default:
		return fmt.Errorf("chat: --transport %q is neither udp, tcp, tls, ws nor wss", f.transport)
	}
	if f.output != "text" && f.output != "json" {
		return fmt.Errorf("chat: --output %q is neither text nor json", f.output)
	}
	return nil
}

func runChat(cmd *cobra.Command, uri string, f *chatFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	as := f.as
	if as == "" {
		as = "sip:" + userName() + "@" + domainOf(uri)
	}
	accept, err := f.policy(cmd.InOrStdin(), cmd.OutOrStdout())
	if err != nil {
		return err
	}
	password, err := f.password()
	if err != nil {
		return err
	}
	trust, err := f.tls()
	if err != nil {
		return err
	}
	lock, err := f.lock()
	if err != nil {
		return err
	}
	version, _ := build()
	err = chat.Run(ctx, chat.Config{
		URI: uri, Create: f.create, As: as, Server: f.server, Transport: f.transport, TLS: trust, Media: f.media,
		Username: f.username, Password: password,
		Invite: f.invite, Nickname: f.nickname, Accept: accept, Listen: f.listen, Files: f.files, Anonymous: f.anonymous, Register: f.register,
		JSON: f.output == "json", Version: version, Preconditions: f.preconditions, Lock: lock,
		In: cmd.InOrStdin(), Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr(),
		Log: diagnostics(cmd.ErrOrStderr()),
	})
	if errors.Is(err, chat.ErrFailed) {
		return &failure{err: err, told: true}
	}
	return err
}

// tls says whom TLS trusts.
func (f *chatFlags) tls() (*tls.Config, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("chat: roots of the system: %w", err)
	}
	if f.ca != "" {
		text, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, fmt.Errorf("chat: --ca: %w", err)
		}
		if !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("chat: --ca: %s holds no certificate", f.ca)
		}
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: roots,
		InsecureSkipVerify: f.insecure, //nolint:gosec // G402: the user asked for it in so many words
	}, nil
}

// policy says what happens to invitations.
func (f *chatFlags) policy(in io.Reader, out io.Writer) (chat.Accept, error) {
	if f.accept == "" {
		if f.plain || f.output == "json" || !isTerminal(in) || !isTerminal(out) {
			return chat.None, nil
		}
		return chat.Ask, nil
	}
	accept, err := chat.ParseAccept(f.accept)
	if err != nil {
		return 0, fmt.Errorf("chat: --accept %w", err)
	}
	return accept, nil
}

// isTerminal reports whether somebody may be typing, or looking.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// maxPassword is how long a password may be, in octets.
const maxPassword = 1024

// password reads the first line of the file that was named, or else the environment.
func (f *chatFlags) password() (string, error) {
	if f.passwordFile == "" {
		return os.Getenv("CONFAB_PASSWORD"), nil
	}
	file, err := os.Open(f.passwordFile)
	if err != nil {
		return "", fmt.Errorf("chat: --password-file: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxPassword+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("chat: --password-file: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" || len(line) > maxPassword {
		return "", fmt.Errorf("chat: --password-file: %s does not begin with a password", f.passwordFile)
	}
	return line, nil
}

// domainOf is the host of a SIP URI, as far as a default needs it.
func domainOf(uri string) string {
	if uri == "" {
		return "localhost"
	}
	_, host, ok := strings.Cut(uri, "@")
	if !ok {
		_, host, _ = strings.Cut(uri, ":")
	}
	if i := strings.IndexAny(host, ":;?"); i >= 0 && !strings.HasPrefix(host, "[") {
		host = host[:i]
	}
	return host
}

// diagnostics logs warnings only: the terminal belongs to the conversation.
func diagnostics(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
