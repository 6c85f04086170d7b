// Package sip holds what all SIP layers share beside the messages themselves: an
// error that is a response. The layers are in the packages below: sipmsg,
// transport, transaction, dialog, invite, event and ua.
package sip
