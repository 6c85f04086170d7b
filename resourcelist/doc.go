// Package resourcelist reads and writes lists of recipients: the resource lists of
// RFC 4826 with the attributes of RFC 5364, as bodies of SIP requests (RFC 5363).
//
// A list stands in an INVITE that creates a conference together with its first
// users (RFC 5366), in a REFER with many targets (RFC 5368), and, as
// recipient-list-history, in the INVITE to each of them. [Parse] takes a document
// that a stranger wrote: its size, depth and number of entries are bounded, document
// type declarations are refused, and nothing is ever fetched. [Recipients] finds the
// lists among the bodies of a request.
//
// The focus and the participant use it. It does not decide who may be invited.
package resourcelist
