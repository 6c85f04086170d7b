package chat

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
)

// maxLine is the longest input line in octets.
const maxLine = 1 << 20

// line is a line of input, or why there are no more: io.EOF or another error.
type line struct {
	text string
	err  error
}

// readLines reads lines until input or ctx ends. A reader that blocks keeps its
// goroutine until the program ends.
func readLines(ctx context.Context, in io.Reader) <-chan line {
	lines := make(chan line)
	go func() {
		s := bufio.NewScanner(in)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			select {
			case lines <- line{text: strings.TrimSuffix(s.Text(), "\r")}:
			case <-ctx.Done():
				return
			}
		}
		err := s.Err()
		if err == nil {
			err = io.EOF
		} else if errors.Is(err, bufio.ErrTooLong) {
			err = errors.New("input line longer than 1 MiB")
		}
		select {
		case lines <- line{err: err}:
		case <-ctx.Done():
		}
	}()
	return lines
}
