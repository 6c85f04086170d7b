package msrpwire

// Limits bound what a Decoder accepts. A zero field means its default. Line
// lengths are octets without the CRLF. [MSRP-FRM-23]
type Limits struct {
	StartLine   int   // octets of a start line; default 1,024
	HeaderLine  int   // octets of a header line; default 4,096
	HeaderBlock int   // octets of all header lines with their CRLFs; default 16,384
	HeaderLines int   // header lines; default 64
	PathURIs    int   // URIs in To-Path or From-Path; default 8
	OtherBody   int64 // octets of the body of anything but a SEND; default 10,240
	Skipped     int64 // body octets read and dropped of a refused or skipped message; default 1,048,576
	BlankLines  int   // CRLFs dropped in front of a message; default 8
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.StartLine, 1024)
	setDefault(&l.HeaderLine, 4096)
	setDefault(&l.HeaderBlock, 16384)
	setDefault(&l.HeaderLines, 64)
	setDefault(&l.PathURIs, 8)
	setDefault(&l.OtherBody, 10240)
	setDefault(&l.Skipped, 1<<20)
	setDefault(&l.BlankLines, 8)
	return l
}

func setDefault[T int | int64](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
