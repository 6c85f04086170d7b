package config

// position is a place in a file or in the value of an environment variable.
type position struct {
	file         string
	line, column int
}

// shape is the kind of a node.
type shape int

const (
	absent  shape = iota // nothing, null or ~
	scalar               // text of any type
	list                 // items
	mapping              // pairs
)

// String names the shape as a fault does.
func (s shape) String() string {
	switch s {
	case scalar:
		return "a value"
	case list:
		return "a list"
	case mapping:
		return "a mapping"
	default:
		return "nothing"
	}
}

// node is a piece of a file with anchors, aliases and merges resolved, so that
// what reads configuration knows neither YAML nor its library.
type node struct {
	at    position
	shape shape
	text  string
	items []*node
	pairs []pair
}

// pair is one entry of a mapping.
type pair struct {
	key   string
	at    position // of the key
	value *node
}
