package torture

import "embed"

// files is read-only; embedding needs a variable.
//
//go:embed testdata/*.dat
var files embed.FS

// Vector is one message of RFC 4475.
type Vector struct {
	// Section of RFC 4475, Name of the message and Title of the section.
	Section, Name, Title string
	// Parse is the status of the syntax error that the parser reports when the
	// message comes in a datagram; 0 if the message is well formed.
	Parse int
	// UAS lists the answers that a server may give to it over UDP from a trusted
	// peer, the most fitting one first. Where several stand, the others are for a
	// Request-URI that the server does not know. Empty: no answer.
	UAS []int
}

// Octets returns the message. The caller may change the slice.
func (v Vector) Octets() []byte {
	b, err := files.ReadFile("testdata/" + v.Name + ".dat")
	if err != nil {
		panic("torture: " + err.Error()) // the list and the files are one commit
	}
	return b
}

// Vectors returns all messages in the order of the RFC.
func Vectors() []Vector { return list() }
