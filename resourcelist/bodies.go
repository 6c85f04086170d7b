package resourcelist

import (
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// MediaType is that of a document.
const MediaType = "application/resource-lists+xml"

// Dispositions of a list in a request (RFC 5363 §4.1, RFC 5364 §7). What one is for
// the base text calls uri-list.
const (
	RecipientList = "recipient-list"
	HistoryList   = "recipient-list-history; handling=optional"

	dispositionHistory = "recipient-list-history"
	dispositionAlias   = "uri-list"
)

// Recipients reads the recipient lists among parts, as [sipmsg.Bodies] returns them,
// and unites them. A list that does not say what it is for counts as well, a history
// does not. found tells whether there was any, with or without entries; lim.Entries
// bounds the sum of them. Errors are those of [Parse], and 415 for a recipient list
// of a format that nobody knows here. [FOC-LST-02] [FOC-LST-05] [FOC-LST-06]
func Recipients(parts []sipmsg.Part, lim Limits) (list List, found bool, err error) {
	lim = lim.withDefaults()
	room := lim.Entries
	var lists []List
	for i := range parts {
		ours, err := isRecipients(&parts[i].Header)
		if err != nil {
			return nil, false, err
		}
		if !ours {
			continue
		}
		l, err := parse(parts[i].Body, lim, room)
		if err != nil {
			return nil, false, err
		}
		found = true
		room -= len(l)
		lists = append(lists, l)
	}
	return Unite(lists...), found, nil
}

// isRecipients tells whether a part is a recipient list that can be read.
func isRecipients(h *sipmsg.Header) (bool, error) {
	d, ok := h.ContentDisposition()
	wanted := ok && (d.Type == RecipientList || d.Type == dispositionAlias) // [FOC-LST-02]
	t, typed := h.ContentType()
	known := typed && t.Is(MediaType) && charset(t)
	switch {
	case known:
		return wanted || !h.Has("Content-Disposition"), nil
	case wanted && !d.Optional():
		return false, &sip.Error{Status: 415, Header: []sipmsg.Field{
			{Name: "Accept", Value: "application/sdp, multipart/mixed, " + MediaType},
		}}
	}
	return false, nil
}

// charset reports whether the media type says nothing else than UTF-8.
func charset(t sipmsg.MediaType) bool {
	v, ok := t.Params.Lookup("charset")
	return !ok || strings.EqualFold(v, "utf-8") || strings.EqualFold(v, "us-ascii")
}

// Histories reads the recipient-list-history among parts: who else was addressed.
// One that cannot be read is as good as none, as it is there for display only.
// [PAR-INC-03] [PAR-INC-05]
func Histories(parts []sipmsg.Part, lim Limits) List {
	var out List
	for i := range parts {
		t, typed := parts[i].Header.ContentType()
		d, ok := parts[i].Header.ContentDisposition()
		if !typed || !ok || !t.Is(MediaType) || d.Type != dispositionHistory {
			continue
		}
		if l, err := Parse(parts[i].Body, lim); err == nil {
			out = append(out, l...)
		}
	}
	return out
}

// Part returns the list as a part of a body; disposition is [RecipientList] or
// [HistoryList].
func (l List) Part(disposition string) sipmsg.Part {
	return sipmsg.Part{
		Header: sipmsg.Header{Fields: []sipmsg.Field{
			{Name: "Content-Type", Value: MediaType},
			{Name: "Content-Disposition", Value: disposition},
		}},
		Body: l.Append(nil),
	}
}
