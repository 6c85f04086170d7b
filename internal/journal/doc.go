// Package journal says what keeps the events of conferences in order.
//
// The journal of a conference is the one order of everything that happens in
// it. A writer appends events, the journal gives each its position, and all who
// follow the journal see the same events in the same order. History and catching
// up are reading the journal.
//
// Drivers live in packages of their own: local for one node; a cluster's comes
// behind the same interface. Package journaltest holds the contract as a test
// suite that runs against every driver. This package holds no code but errors.
package journal
