// Package codec writes the events of a journal as octets and reads them back,
// for drivers that keep them outside the process.
//
//	version │ length of kind │ kind │ length of data │ data │ body
//	 1 octet      varint              varint           JSON   as it came
//
// The data of an event is its Go value as JSON. A message's body stands behind
// it octet by octet, since it is most of what is kept. Kinds and their fields are
// for ever: a field may be added, whose absence means its zero value; one that
// means something else needs a new name, and an event that does a new kind.
// Numbers of enumerations are for ever as well. A kind that is not known was
// written by a newer version, and is an error that says so.
//
// The package reads no clock and knows no storage.
package codec
