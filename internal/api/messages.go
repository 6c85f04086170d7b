package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
)

// message is something that was said to everybody. Private messages are nowhere
// but with those who had them.
type message struct {
	Seq      uint64    `json:"seq" doc:"Place in the order of the conference"`
	ID       string    `json:"id" doc:"Message-ID of the copies"`
	Time     time.Time `json:"time"`
	From     string    `json:"from" doc:"The sender as everybody sees him"`
	To       string    `json:"to"`
	Private  bool      `json:"private"`
	Nickname string    `json:"nickname" doc:"The nickname that the sender had then, empty for none"`
	Type     string    `json:"type"`
	Text     *string   `json:"text,omitempty" doc:"The content, if it is text"`
	Body     []byte    `json:"body,omitempty" doc:"The content, if it is not text"`
}

type messagesInput struct {
	Located
	Page
}

type messagesOutput struct {
	Body struct {
		Items []message `json:"items"`
		Next  string    `json:"next,omitempty" doc:"Cursor of the next page; absent at the end"`
	}
}

// messages returns the history as far as the policy keeps it.
func (a *api) messages(ctx context.Context, in *messagesInput) (*messagesOutput, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	after := conference.Position(0)
	if in.After != "" {
		n, bad := strconv.ParseUint(in.After, 10, 64)
		if bad != nil {
			return nil, huma.Error422UnprocessableEntity("after is no position")
		}
		after = conference.Position(n)
	}
	keep, err := a.keeps(ctx, e)
	if err != nil {
		return nil, err
	}
	entries, err := a.cfg.History.Messages(ctx, e.ID, journal.AnyPosition, keep)
	if err != nil {
		return nil, problemOf(err)
	}
	out := &messagesOutput{}
	out.Body.Items = []message{}
	for _, entry := range entries {
		posted, ok := entry.Event.(conference.Posted)
		if !ok || entry.Position <= after {
			continue
		}
		if n := len(out.Body.Items); n == in.Limit {
			out.Body.Next = strconv.FormatUint(out.Body.Items[n-1].Seq, 10)
			break
		}
		out.Body.Items = append(out.Body.Items, messageOf(e.ID, entry.Position, posted.Message))
	}
	return out, nil
}

// keeps returns how many messages the policy of a conference keeps.
func (a *api) keeps(ctx context.Context, e instance.Entry) (int, error) {
	keep, known := 0, false
	if e.Instance != nil {
		var err error
		known, err = look(ctx, e.Instance, func(s *conference.State) { keep = s.Policy().History.Keep })
		if err != nil {
			return 0, err
		}
	}
	switch {
	case known:
		return keep, nil
	case e.Definition == nil:
		return 0, errNotFound
	}
	return e.Definition.Policy.History.Keep, nil
}

// messageOf shows a message.
func messageOf(id conference.ID, at conference.Position, m *conference.Message) message {
	out := message{
		Seq: uint64(at), ID: m.ID, Time: m.At.UTC(), From: string(m.User), To: string(id), Nickname: m.Nickname, Type: m.ContentType,
	}
	if m.User == "" {
		out.From = string(id)
	}
	parsed, err := cpim.Parse(m.Body, cpim.Limits{})
	if err != nil {
		out.Body = m.Body // it was parsed when it came in, so this does not happen
		return out
	}
	content := m.Body[parsed.HeaderLen:]
	if strings.HasPrefix(m.ContentType, "text/") {
		text := strings.ToValidUTF8(string(content), "\uFFFD")
		out.Text = &text
	} else {
		out.Body = content
	}
	return out
}

type postInput struct {
	Located
	Body struct {
		Text *string `json:"text,omitempty" doc:"A text, or"`
		Type string  `json:"type,omitempty" doc:"a media type with" example:"image/png" maxLength:"200"`
		Body string  `json:"body,omitempty" doc:"a content, in base64" contentEncoding:"base64"`
	}
}

type postOutput struct {
	Body struct {
		ID  string `json:"id"`
		Seq uint64 `json:"seq"`
	}
}

// post says something to everybody as the conference itself.
func (a *api) post(ctx context.Context, in *postInput) (*postOutput, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	contentType, content, err := in.content()
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	party := cpim.Party{URI: string(e.ID)}
	draft := cpim.Draft{From: party, To: []cpim.Party{party}, DateTime: now, ContentType: contentType, Content: content}
	body, err := draft.Append(nil)
	switch {
	case err != nil:
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case len(body) > a.cfg.MaxMessage:
		return nil, huma.NewError(413, fmt.Sprintf("messages have %d octets at most", a.cfg.MaxMessage))
	}
	m := &conference.Message{At: now, ID: a.cfg.NewID(), ContentType: contentType, Body: body}
	at, err := a.do(ctx, e, conference.Post{Message: m})
	if err != nil {
		return nil, err
	}
	out := &postOutput{}
	out.Body.ID, out.Body.Seq = m.ID, uint64(at)
	return out, nil
}

// content returns what is to be said.
func (in *postInput) content() (contentType string, content []byte, err error) {
	if in.Body.Text != nil {
		if in.Body.Type != "" || in.Body.Body != "" {
			return "", nil, huma.Error422UnprocessableEntity("either text, or type and body")
		}
		return "text/plain;charset=utf-8", []byte(*in.Body.Text), nil
	}
	if in.Body.Type == "" {
		return "", nil, huma.Error422UnprocessableEntity("text is needed, or type and body")
	}
	if _, _, err = mime.ParseMediaType(in.Body.Type); err != nil {
		return "", nil, huma.Error422UnprocessableEntity("type: " + err.Error())
	}
	if content, err = base64.StdEncoding.DecodeString(in.Body.Body); err != nil {
		return "", nil, huma.Error422UnprocessableEntity("body: " + err.Error())
	}
	return in.Body.Type, content, nil
}
