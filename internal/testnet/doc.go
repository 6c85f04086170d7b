// Package testnet holds what tests of several packages need: a SIP peer that
// writes exactly the octets it is told and reads what comes back, so that tests
// can be as wrong as real clients are, and the stack that faces it on a network in
// memory.
//
// It is imported by tests only.
package testnet
