// Package relay is a small MSRP relay (RFC 4976) for tests of its clients: it
// challenges, hands out URIs, answers SENDs hop by hop and forwards what is for
// or from those it serves. It keeps no promise beyond that: no limits, no
// timers, no reports of its own.
//
// It is imported by tests only.
package relay
