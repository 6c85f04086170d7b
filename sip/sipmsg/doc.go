// Package sipmsg turns octets into SIP messages and back: RFC 3261 sections 7,
// 19.1, 20 and 25, with the header fields of the extensions that a messaging
// conference needs (RFC 3262, 3265/6665, 3325, 3326, 3515, 3891, 3892, 4028,
// 7315).
//
// A message is a start line, a Header of raw fields in wire order and a body.
// Fields are kept as text; typed values (Via, Address, CSeq, Event, …) are
// parsed when an accessor of Header asks for them and are written back with
// their String methods. The parser copies a message once and slices that copy,
// so the caller may reuse its read buffer.
//
// What is read is read liberally where the standards ask for it; what is written
// is strict, and no value, whatever it holds, can add a line to a message (see
// Request.Append).
//
// The package is called by the transport (ParseDatagram, Stream), and by
// everything above it for building and reading messages. It never opens a
// socket, starts a goroutine, reads a clock or writes a log. Its values are
// plain data: safe for concurrent reading, not for concurrent writing.
package sipmsg
