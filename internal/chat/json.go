package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/confab-chat/confab/participant"
)

// jsonPrinter prints each event as a JSON object on a line of its own.
type jsonPrinter struct{ out, err io.Writer }

// The objects. Names and fields are part of the program's interface.
type (
	jsonJoined struct {
		Event      string `json:"event"`
		Conference string `json:"conference"`
		Focus      string `json:"focus"`
	}
	jsonRoster struct {
		Event string     `json:"event"`
		Users []jsonUser `json:"users"`
	}
	jsonUser struct {
		URI      string   `json:"uri"`
		Nickname string   `json:"nickname"`
		Display  string   `json:"display"`
		Status   string   `json:"status"`
		Roles    []string `json:"roles"`
	}
	jsonMessage struct {
		Event    string    `json:"event"`
		From     string    `json:"from"`
		To       string    `json:"to"`
		Private  bool      `json:"private"`
		Type     string    `json:"type"`
		Text     string    `json:"text"`
		Body     []byte    `json:"body,omitempty"` // of what is no text
		ID       string    `json:"id"`
		Time     time.Time `json:"time"`
		Nickname string    `json:"nickname"`
		Display  string    `json:"display"`
		History  bool      `json:"history,omitempty"`
		Seq      uint64    `json:"seq,omitempty"`
	}
	jsonID struct {
		Event string `json:"event"`
		ID    string `json:"id"`
	}
	jsonFailed struct {
		Event  string `json:"event"`
		ID     string `json:"id"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
	}
	jsonTyping struct {
		Event  string `json:"event"`
		From   string `json:"from"`
		Active bool   `json:"active"`
	}
	jsonNickname struct {
		Event    string `json:"event"`
		OK       bool   `json:"ok"`
		Status   int    `json:"status"`
		Reason   string `json:"reason,omitempty"`
		Nickname string `json:"nickname"`
	}
	jsonRefer struct {
		Event  string `json:"event"`
		Target string `json:"target"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
		Final  bool   `json:"final"`
	}
	jsonInvitation struct {
		Event      string   `json:"event"` // invited or referred
		Conference string   `json:"conference"`
		By         string   `json:"by"`
		Accepted   bool     `json:"accepted"`
		Pending    bool     `json:"pending,omitempty"` // for /accept or /decline
		Others     []string `json:"others,omitempty"`
		Replaces   string   `json:"replaces,omitempty"`
	}
	jsonFile struct {
		Event     string `json:"event"`
		Direction string `json:"direction"` // in or out
		Peer      string `json:"peer"`
		Name      string `json:"name"`
		Type      string `json:"type"`
		Size      int64  `json:"size"`
		State     string `json:"state"` // started, done, failed or refused
		Path      string `json:"path,omitempty"`
		Status    int    `json:"status,omitempty"`
		Reason    string `json:"reason,omitempty"`
	}
	jsonLock struct {
		Event  string `json:"event"`
		Locked bool   `json:"locked"`
	}
	jsonListening struct {
		Event   string `json:"event"`
		Contact string `json:"contact"`
	}
	jsonLost struct {
		Event      string  `json:"event"`
		Conference string  `json:"conference"`
		Reason     string  `json:"reason"`
		Retry      float64 `json:"retry"` // seconds
	}
	jsonReason struct {
		Event  string `json:"event"`
		Reason string `json:"reason"`
	}
	jsonError struct {
		Event  string `json:"event"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
	}
)

// show implements printer.
func (p *jsonPrinter) show(e any) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(object(e)); err != nil {
		write(p.err, "confab: event not shown: %v\n", err)
		return
	}
	_, _ = p.out.Write(line.Bytes()) // who reads has gone: there is nobody to tell
}

// help implements printer: help is no event.
func (p *jsonPrinter) help(text string) { write(p.err, "%s\n", text) }

func object(e any) any {
	switch e := e.(type) {
	case participant.Message:
		return messageObject(&e)
	case participant.Referral:
		return jsonRefer{"refer", e.Target, e.Status, e.Reason, e.Final}
	case participant.Roster:
		return rosterObject(e)
	case participant.Delivered:
		return jsonID{"delivered", e.ID}
	case participant.Failed:
		return jsonFailed{"failed", e.ID, e.Status, e.Reason}
	case participant.Typing:
		return jsonTyping{"typing", e.From, e.Active}
	case participant.Problem:
		return jsonError{"error", e.Status, e.Reason}
	case participant.Overflow:
		return jsonError{"error", 0, fmt.Sprintf("%d events dropped", e.Dropped)}
	case participant.Left:
		return jsonReason{"left", e.Reason}
	}
	return ownObject(e)
}

// ownObject is for what the session itself tells.
func ownObject(e any) any {
	switch e := e.(type) {
	case joined:
		return jsonJoined{"joined", e.conference, e.focus}
	case sent:
		return jsonID{"sent", e.id}
	case again:
		m := participant.Message(e)
		m.History = true
		return messageObject(&m)
	case invitation:
		return invitationObject(&e)
	case nicknamed:
		return jsonNickname{"nickname", e.status == done, e.status, e.reason, e.name}
	case transferred:
		return fileObject(&e)
	case lockChange:
		return jsonLock{"lock", e.locked}
	case lost:
		return jsonLost{"lost", e.conference, e.reason, e.retry.Round(time.Millisecond).Seconds()}
	case listening:
		return jsonListening{"listening", e.contact}
	}
	return jsonError{"error", 0, fmt.Sprintf("event %T", e)}
}

func messageObject(m *participant.Message) jsonMessage {
	o := jsonMessage{
		Event: "message", From: m.From, To: m.To, Private: m.Private, Type: m.ContentType, Text: m.Text(), ID: m.ID,
		Time: m.Time, Nickname: m.Nickname, Display: m.Display, History: m.History, Seq: m.Seq,
	}
	if o.Text == "" {
		o.Body = m.Body
	}
	return o
}

func invitationObject(e *invitation) jsonInvitation {
	i := e.of
	o := jsonInvitation{
		Event: "invited", Conference: i.Conference, By: i.By, Accepted: e.accepted, Pending: e.pending, Replaces: i.Replaces,
	}
	if i.Referred {
		o.Event = "referred"
	}
	for _, other := range i.Others {
		o.Others = append(o.Others, other.URI)
	}
	return o
}

func fileObject(e *transferred) jsonFile {
	direction := "out"
	if e.incoming {
		direction = "in"
	}
	return jsonFile{"file", direction, e.peer, e.name, e.contentType, e.size, e.state, e.path, e.status, e.reason}
}

func rosterObject(r participant.Roster) jsonRoster {
	o := jsonRoster{Event: "roster", Users: make([]jsonUser, 0, len(r.Users))}
	for _, u := range r.Users {
		roles := u.Roles
		if roles == nil {
			roles = []string{}
		}
		o.Users = append(o.Users, jsonUser{u.URI, u.Nickname, u.Display, u.Status, roles})
	}
	return o
}
