package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Root is the path under which the handler serves.
const Root = "/api/v1/"

// maxBody bounds the body of a request in octets, beyond what MaxMessage needs.
const maxBody = 1 << 20

// Focus is what the API needs of the conference focus, which acts on behalf of the
// administration.
type Focus interface {
	// Invite calls a user. Decided is told once whether that will be tried.
	Invite(inst *instance.Instance, target sipmsg.Address, decided func(*sip.Error))
	// Remove takes a user out by any name of his, and unless he is to be free bars him
	// until he is invited again. Decided is told once whether that was done.
	Remove(inst *instance.Instance, target sipmsg.URI, free bool, decided func(*sip.Error))
}

// Config is the configuration of the API. Directory, History, Focus and Domain
// are required.
type Config struct {
	Log       *slog.Logger // discards
	Directory *instance.Directory
	History   journal.History
	Focus     Focus
	Domain    string             // host part of the URIs that it allocates
	Policy    conference.Policy  // of conferences that name none
	Factories []instance.Address // that are no conferences, and none may be allocated at
	Transient bool               // nothing outlives the server, so no conference can be durable
	Token     string             // bearer token; empty: programs on this host only
	Version   string             // of the program, for the OpenAPI document

	// MaxMessage is the size of a message in octets, its wrapper included; 1 MiB.
	MaxMessage int
	// NewID makes Message-IDs.
	NewID func() string

	Now func() time.Time // time.Now
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = 1 << 20
	}
	if c.Policy == (conference.Policy{}) {
		c.Policy = conference.DefaultPolicy()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// api is the operations.
type api struct {
	cfg Config
}

// New returns the handler of everything below [Root].
func New(cfg Config) http.Handler {
	a := &api{cfg: cfg.withDefaults()}
	mux := http.NewServeMux()
	description := huma.DefaultConfig("confab", a.cfg.Version)
	description.Info.Description = "Messaging conferences: TS 24.247 clause 7, RFC 4575, RFC 7701."
	description.OpenAPIPath = Root + "openapi"
	description.SchemasPath, description.DocsPath = "", ""
	description.CreateHooks = nil // no links to schemas in every body
	description.RejectUnknownQueryParameters = true
	description.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	description.Security = []map[string][]string{{"token": {}}}
	h := humago.New(mux, description)
	a.register(h)
	registerAbsent(mux)
	return a.guard(mux)
}

// register adds the operations, in the order in which the document has them.
func (a *api) register(h huma.API) {
	huma.Register(h, huma.Operation{
		OperationID: "list-conferences", Method: http.MethodGet, Path: Root + "conferences",
		Summary: "List the conferences that are reserved or active",
	}, a.list)
	huma.Register(h, huma.Operation{
		OperationID: "allocate-conference", Method: http.MethodPost, Path: Root + "conferences",
		Summary: "Allocate a conference URI", DefaultStatus: http.StatusCreated, MaxBodyBytes: maxBody,
	}, a.allocate)
	huma.Register(h, huma.Operation{
		OperationID: "show-conference", Method: http.MethodGet, Path: Root + "conferences/{uri}",
		Summary: "Show a conference with its roster",
	}, a.show)
	huma.Register(h, huma.Operation{
		OperationID: "change-conference", Method: http.MethodPatch, Path: Root + "conferences/{uri}",
		Summary: "Change subject, lock, policy or members", MaxBodyBytes: maxBody,
	}, a.change)
	huma.Register(h, huma.Operation{
		OperationID: "end-conference", Method: http.MethodDelete, Path: Root + "conferences/{uri}",
		Summary: "End a conference, and with release give up a URI that was allocated here", DefaultStatus: http.StatusNoContent,
	}, a.end)
	huma.Register(h, huma.Operation{
		OperationID: "invite-user", Method: http.MethodPost, Path: Root + "conferences/{uri}/invite",
		Summary: "Have the focus call a user", DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBody,
	}, a.invite)
	huma.Register(h, huma.Operation{
		OperationID: "remove-user", Method: http.MethodDelete, Path: Root + "conferences/{uri}/users/{aor}",
		Summary: "Take a user out, and bar him until he is invited again", DefaultStatus: http.StatusNoContent,
	}, a.remove)
	a.registerRights(h)
	huma.Register(h, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: Root + "conferences/{uri}/messages",
		Summary: "Read what was said, oldest first",
	}, a.messages)
	huma.Register(h, huma.Operation{
		OperationID: "post-message", Method: http.MethodPost, Path: Root + "conferences/{uri}/messages",
		Summary: "Say something as the conference itself", DefaultStatus: http.StatusAccepted,
		MaxBodyBytes: int64(2*a.cfg.MaxMessage) + maxBody,
	}, a.post)
}

// registerRights adds what says who may come, and as what.
func (a *api) registerRights(h huma.API) {
	huma.Register(h, huma.Operation{
		OperationID: "set-role", Method: http.MethodPut, Path: Root + "conferences/{uri}/roles/{aor}",
		Summary: "Make a user owner, moderator or participant", DefaultStatus: http.StatusNoContent, MaxBodyBytes: maxBody,
	}, a.setRole)
	huma.Register(h, huma.Operation{
		OperationID: "bar-user", Method: http.MethodPut, Path: Root + "conferences/{uri}/bars/{aor}",
		Summary: "Keep a user from coming", DefaultStatus: http.StatusNoContent,
	}, a.bar)
	huma.Register(h, huma.Operation{
		OperationID: "unbar-user", Method: http.MethodDelete, Path: Root + "conferences/{uri}/bars/{aor}",
		Summary: "Let a user come again who was removed or barred", DefaultStatus: http.StatusNoContent,
	}, a.unbar)
	huma.Register(h, huma.Operation{
		OperationID: "approve-user", Method: http.MethodPut, Path: Root + "conferences/{uri}/approvals/{aor}",
		Summary: "Let a user join where joining is moderated", DefaultStatus: http.StatusNoContent,
	}, a.approve)
	huma.Register(h, huma.Operation{
		OperationID: "disapprove-user", Method: http.MethodDelete, Path: Root + "conferences/{uri}/approvals/{aor}",
		Summary: "Take an approval back", DefaultStatus: http.StatusNoContent,
	}, a.disapprove)
}
