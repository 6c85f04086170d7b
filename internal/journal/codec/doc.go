// Package codec writes the events of a journal as octets and reads them back,
// for drivers that keep them outside the process.
//
//	1 │ length of kind │ kind │ length of data │ data │ body
//	2 │ length of kind │ kind │ length of data │ data │ length of body │ body
//
// The first octet is the version of what follows, lengths are varints. A message's
// body stands by itself, octet by octet, since it is most of what is kept. The data of
// an event is its Go value as JSON; in version 2, in which messages are written, that of
// a message is
//
//	seconds since 1970 │ nanoseconds │ length of a field │ field │ …
//
// with the fields in the order of [conference.Message]. An event of version 2 says
// where it ends, so that several can stand behind each other.
//
// Kinds and their fields are for ever: a field may be added, in binary data at the end,
// whose absence means its zero value; one that
// means something else needs a new name, and an event that does a new kind.
// Numbers of enumerations are for ever as well. A kind that is not known was
// written by a newer version, and is an error that says so.
//
// The package reads no clock and knows no storage.
package codec
