// Package demo holds a conference to show that confab works: a server on free
// loopback ports and three participants, over real SIP and MSRP sockets, in one
// process. It prints the conversation as each participant sees it, and fails
// when somebody does not see what he should.
package demo
