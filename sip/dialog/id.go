package dialog

import "github.com/confab-chat/confab/sip/sipmsg"

// ID names a dialog from our side (RFC 3261 §12). Remote is empty for a peer that
// knows no tags (RFC 2543).
type ID struct {
	CallID, Local, Remote string
}

// String returns the three parts for a log.
func (id ID) String() string {
	return id.CallID + ";local-tag=" + id.Local + ";remote-tag=" + id.Remote
}

// Clone returns a copy that shares no memory with the message it was read from.
func (id ID) Clone() ID {
	pack(&id.CallID, &id.Local, &id.Remote)
	return id
}

// incomingID is the dialog that an arriving request names: its To tag is ours.
func incomingID(h *sipmsg.Header) ID {
	return ID{CallID: h.CallID(), Local: h.ToTag(), Remote: h.FromTag()}
}

// answerID is the dialog that a response to our request names: its From tag is ours.
func answerID(h *sipmsg.Header) ID {
	return ID{CallID: h.CallID(), Local: h.FromTag(), Remote: h.ToTag()}
}
