package resourcelist

import "cmp"

// Limits bound what [Parse] reads. A zero field stands for its default.
type Limits struct {
	Size    int // octets of a document; default 64 KiB
	Depth   int // of nested elements; default 16
	Entries int // default 100
	// Strict refuses lists within the list and references instead of passing over
	// them.
	Strict bool
	// Agent is the host that Warning fields name (RFC 3261 §20.43); default "confab".
	Agent string
}

func (l Limits) withDefaults() Limits {
	l.Agent = cmp.Or(l.Agent, "confab")
	if l.Size == 0 {
		l.Size = 64 << 10
	}
	if l.Depth == 0 {
		l.Depth = 16
	}
	if l.Entries == 0 {
		l.Entries = 100
	}
	return l
}
