// Package filetransfer is what file transfer over MSRP (RFC 5547) does with files: it
// describes one that is to be sent, finds out whether one is what somebody asks for,
// and receives one into a folder.
//
// A [Source] is a file to be sent, with the selectors that name it. A [Target] says
// where a file is put; the [Sink] that it makes takes the octets as they come, checks
// size and digest when they are complete, and only then gives the file its name, which
// [SafeName] has made harmless and no other file bears. A [Body] takes the file out of
// a message/cpim wrapper on its way.
//
// The package reads and writes files and nothing else: calls, sessions and who may send
// what are the affair of package participant, which builds on it.
package filetransfer
