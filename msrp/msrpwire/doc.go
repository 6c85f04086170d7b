// Package msrpwire turns octets into MSRP messages and back (RFC 4975 §7 and
// §9, with the NICKNAME method of RFC 7701 and the header fields of RFC 4976).
//
// Decoder reads a stream in place: the caller owns the read buffer and hands
// over whatever it holds; the decoder answers with the head of a message, then
// with pieces of its body as they come, then with its end. Nothing is allocated
// for a message that lies whole in the buffer, and no message has to be held
// whole.
//
// Head is a message without its body. Head.Append writes it; AppendStart,
// AppendPaths, Head.AppendFields and AppendEnd write its parts, so that a
// message for many receivers is rendered once and only the start line, the
// paths and the end-line differ (AppendCopy).
//
// URI, Path and Matching carry the rules that say whether a request belongs to
// a session. TIDs makes transaction identifiers.
//
// The package knows no socket, clock, goroutine or log. Values are not safe for
// concurrent use unless their documentation says so. Its callers are package
// msrp and whoever writes a peer for a test.
package msrpwire
