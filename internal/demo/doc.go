// Package demo holds a conference to show that confab works: a server on free
// loopback ports and its participants, over real SIP and MSRP sockets, in one process.
// They create a conference with a list, invite, take nicknames, talk, remove one of
// them and end it. It prints the conversation as each participant sees it, and fails
// when somebody does not see what he should.
package demo
