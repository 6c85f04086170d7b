// Package locate finds the servers behind SIP URIs: RFC 3263 with NAPTR, SRV and
// address records, for all requests of a user agent.
//
// A [Locator] answers with targets in the order in which they are to be tried. It
// remembers which of them failed lately and puts those last; who sends (sip/dialog)
// tries one after the other and tells it what became of each. What DNS said is kept
// for as long as DNS allows, in a bounded table.
//
// It looks things up only when asked and on the goroutine of who asks; it never
// sends SIP. Shards of the stack do not call [Locator.Locate], which blocks.
package locate
