// Package focustest is a mixer for tests of the focus: it answers when and as a test
// says, and keeps the books of its legs. [MIX-01]
//
// It is imported by tests only.
package focustest
