// Package journaltest is the contract of journal.Journal as a test suite. Each
// driver's tests run it:
//
//	journaltest.Run(t, func(t *testing.T) journal.Journal { … })
package journaltest
