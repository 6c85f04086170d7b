package sipmsg

// Limits bounds what the parser takes in, in octets except for Headers. A field
// that is not positive means its default [SEC-02].
type Limits struct {
	StartLine   int // request line or status line; default 8192, beyond: 414
	HeaderLine  int // one header field, folds included; default 16384, beyond: 400
	HeaderBlock int // start line to empty line, both included; default 65536, beyond: 400
	Headers     int // number of header fields; default 256, beyond: 400
	Body        int // default 1 MiB, beyond: 413
}

// Message is the largest message, in octets, that is read as a whole.
func (l Limits) Message() int {
	l = l.withDefaults()
	return l.HeaderBlock + l.Body
}

func (l Limits) withDefaults() Limits {
	orDefault := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	orDefault(&l.StartLine, 8<<10)
	orDefault(&l.HeaderLine, 16<<10)
	orDefault(&l.HeaderBlock, 64<<10)
	orDefault(&l.Headers, 256)
	orDefault(&l.Body, 1<<20)
	return l
}
