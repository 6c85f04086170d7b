// Package archtest holds the rules that the repository keeps about itself: which
// package may import which, that the wire floor knows no clock, socket, log or
// goroutine, that every package says what it is, and that no file speaks of the
// machine it was written on.
//
// Each rule is a function from a source tree to a list of faults with file and
// line, so that the rule is itself tested on small trees made for the purpose.
// The tests of this package apply all of them to the repository. Nothing but
// tests uses this package, and it reads the files itself rather than asking the
// go command, so build constraints hide nothing from it.
package archtest
