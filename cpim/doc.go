// Package cpim reads and writes message/cpim objects (RFC 3862), the wrapper in
// which MSRP conferences carry every message (RFC 4975 §13, RFC 7701 §6).
//
// Parse makes a Message of views into the octets it is given. A conference
// forwards those octets and never writes them anew; Draft is for those who make
// messages. Scanner tells, piece by piece, when the header block of an object is
// complete, so that it can be judged before the content has arrived.
//
// The reader takes what deployed clients write and refuses whatever could make
// two readers see different senders: control characters, brackets in names,
// header names in another letter case, namespaces bound twice. Its errors carry
// the MSRP status that refuses the message.
//
// The package knows no socket, clock, goroutine or log.
package cpim
