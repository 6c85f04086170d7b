package api

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Located is the conference that a path names.
type Located struct {
	URI string `path:"uri" doc:"The conference URI" example:"sip:lobby@conf.example.test" maxLength:"1000"`
}

// Person is a user in a conference that a path names.
type Person struct {
	Located
	AOR string `path:"aor" doc:"The user's address of record, or the anonymous URI under which he is shown" example:"sip:alice@example.test" maxLength:"1000"`
}

// find returns what the directory knows of a conference that is reserved or
// alive.
func (a *api) find(l Located) (instance.Entry, error) {
	address, err := addressOf(l.URI)
	if err != nil {
		return instance.Entry{}, errNotFound
	}
	e := a.cfg.Directory.Lookup(address)
	switch e.Status {
	case instance.Reserved, instance.Creating, instance.Active:
		return e, nil
	case instance.Terminating:
		if e.Definition != nil {
			return e, nil
		}
	case instance.Unallocated, instance.Promised, instance.Ended:
	}
	return instance.Entry{}, errNotFound
}

// addressOf takes a conference URI apart.
func addressOf(text string) (instance.Address, error) {
	uri, err := sipmsg.ParseURI(text)
	if err != nil || !uri.IsSIP() || uri.User == "" {
		return instance.Address{}, huma.Error422UnprocessableEntity(text + " is no SIP URI with a user part")
	}
	return instance.Address{User: uri.UserDecoded(), Host: strings.ToLower(uri.Host)}, nil
}

// identityOf reads an address of record.
func identityOf(text string) (conference.Identity, error) {
	uri, err := sipmsg.ParseURI(text)
	if err != nil || uri.IsSIP() && uri.User == "" || !uri.IsSIP() && uri.Scheme != "tel" {
		return "", huma.Error422UnprocessableEntity(text + " is no address of record")
	}
	return identity.Of(uri), nil
}

// identitiesOf reads addresses of record.
func identitiesOf(texts []string) ([]conference.Identity, error) {
	out := make([]conference.Identity, 0, len(texts))
	for _, text := range texts {
		id, err := identityOf(text)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// membersOf reads addresses of record, and domains.
func membersOf(texts []string) ([]string, error) {
	out := make([]string, 0, len(texts))
	for _, text := range texts {
		if !strings.ContainsAny(text, "@:") {
			if uri, err := sipmsg.ParseURI("sip:" + text); err != nil || uri.Host != text {
				return nil, huma.Error422UnprocessableEntity(strconv.Quote(text) + " is no address of record and no domain")
			}
			out = append(out, strings.ToLower(text))
			continue
		}
		id, err := identityOf(text)
		if err != nil {
			return nil, err
		}
		out = append(out, string(id))
	}
	return out, nil
}

// line refuses text that is shown in one line, and holds something else.
func line(text string) error {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return huma.Error422UnprocessableEntity("the subject holds a control character or a line break")
	}
	return nil
}
