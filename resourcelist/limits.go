package resourcelist

// Limits bound what [Parse] reads. A zero field stands for its default.
type Limits struct {
	Size    int // octets of a document; default 64 KiB
	Depth   int // of nested elements; default 16
	Entries int // default 100
	// Strict refuses lists within the list and references instead of passing over
	// them.
	Strict bool
}

func (l Limits) withDefaults() Limits {
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
