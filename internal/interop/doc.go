// Package interop holds the tests that play confab against programs of other
// makers: SIPp, Kamailio, tshark, and a user agent made with the public Go library
// for SIP, which is the module in its folder foreign. It has no code of its own.
//
// Each test needs the confab program, which it builds, and its peer, which
// Debian packages; where the peer is missing the test skips and says so. The
// script .ci/run installs the peers.
package interop
