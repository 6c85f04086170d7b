package chat

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"

	"github.com/confab-chat/confab/participant"
)

// fileMax is the largest file that is read; the conference may take less.
const fileMax = 16 << 20

var errFileSize = errors.New("file larger than 16 MiB")

// file sends a file as one message of its type.
func (s *session) file(ctx context.Context, path string) {
	if path == "" {
		s.problem(badCommand, "usage: /file PATH")
		return
	}
	body, err := readFile(path)
	if err != nil {
		s.problem(badCommand, err.Error())
		return
	}
	s.send(ctx, participant.Message{ContentType: typeOf(path, body), Body: body})
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(body) > fileMax {
		return nil, errFileSize
	}
	return body, nil
}

// typeOf is the media type of a file: by its name, else by its content.
func typeOf(path string, body []byte) string {
	if t := mime.TypeByExtension(filepath.Ext(path)); t != "" {
		return t
	}
	return http.DetectContentType(body)
}
