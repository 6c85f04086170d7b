// Package local is the journal of a server that runs on one node.
//
// Each conference has a log in memory, bounded in count and octets: the last
// messages, as many as the conference's policy keeps, and the last of all other
// events. The oldest go first. When a conference ends, a durable one's log
// stays; of the others nothing stays. Positions never repeat under one
// conference URI all the same.
//
//	Append ─► log (a ring of messages, a ring of the rest) ─► wakes followers
//	Read, Follow ◄── the two rings merged by position
//
// An event that Append accepted is in the log when Append returns, and whoever
// appended goes on with it at once: followers are for those who come later.
package local
